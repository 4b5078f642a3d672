import Foundation
import SubCore
import SubData
import TestSupport
import Testing
import TinyNetworks

@testable import SubTool

/// `predict` and `embed` as they are typed, with models of a few steps.
@Suite(.serialized) struct PredictTests {
  private let folder = TemporaryFolder()
  private var pictures: String { Repository.file("datasets/shapes/val/checker") }

  private func tool(_ arguments: String..., input: String = "") -> ToolRun {
    ToolRun(arguments: arguments, input: Array(input.utf8), environment: ["MASKSUB_HOME": Repository.path])
  }

  private func train(_ more: String...) {
    let run = ToolRun(
      arguments: more + ["--output", folder["run"], "--set", "max_steps=2", "--set", "batch_size=8"],
      environment: ["MASKSUB_HOME": Repository.path])
    #expect(run.code == 0, "\(run.error)")
  }

  private func objects(_ text: String) throws -> [JSON] {
    try text.split(separator: "\n").map { try JSON.parse(String($0), at: "output") }
  }

  @Test func `pictures of a run: names and probabilities of the classes, as table, CSV and JSON lines`() throws {
    train("train", "--set", "eval_batch_size=160")
    let picture = "\(pictures)/000.png"
    let table = tool("predict", "--from", folder["run"], "--top", "2", picture)
    #expect(table.code == 0 && table.output.hasPrefix("\(picture): "), "\(table.error)")
    #expect(table.output.split(separator: ",").count == 2)
    let lines = try objects(
      tool("predict", "--from", folder["run"], "--top", "99", "--format", "jsonl", picture).output)
    let classes = try #require(lines[0]["classes"]?.array)
    #expect(lines.count == 1 && classes.count == 8)
    #expect(abs(classes.compactMap { $0["probability"]?.double }.reduce(0, +) - 1) < 1e-5)
    let found = Set(classes.compactMap { $0["class"]?.string })
    #expect(found.contains("checker"))
    let csv = tool("predict", "--from", folder["run"], "--top", "1", "--format", "csv", pictures).output
    let rows = csv.split(separator: "\n")
    #expect(rows.count == 21 && rows[0] == "input,rank,index,class,probability")
    // Paths from standard input, with either end of line.
    let piped = tool(
      "predict", "--from", folder["run"], "--top", "1", "--format", "csv", input: "\(picture)\r\n\(pictures)/001.jpg\n")
    // Of other batches the last digits may be others.
    let classified = { (row: Substring) in row.split(separator: ",").dropLast() }
    #expect(piped.output.split(separator: "\n").map(classified) == rows.prefix(3).map(classified))
    // The logits are those of the probabilities.
    let kept = tool("predict", "--from", folder["run"], "--logits", folder["l.npy"], pictures)
    #expect(kept.code == 0 && kept.error.contains("20 rows of 8 numbers"), "\(kept.error)")
    let logits = try Npy.read(folder["l.npy"])
    let best = (0..<8).max { logits.floats()[$0] < logits.floats()[$1] }
    #expect(logits.shape == [20, 8] && classes[0]["index"]?.int == best)
    #expect(try TemporaryFolder.text(folder["l.names.txt"]).hasPrefix("\(picture)\n"))
    // Names from a file; data as eval takes it.
    try AtomicFile.write((0..<8).map { "name \($0)\n" }.joined(), to: folder["names.txt"])
    let named = tool(
      "predict", "--from", folder["run"], "--data", Repository.file("datasets/shapes"), "--classes",
      folder["names.txt"], "--top", "1")
    #expect(named.output.split(separator: "\n").count == 160 && named.output.contains(": name "), "\(named.error)")
  }

  @Test func `a binary loss makes probabilities of every class by itself`() throws {
    train("train", "--set", "loss.name=bce", "--set", "eval_batch_size=160")
    func sum(_ more: String...) throws -> Double {
      let run = ToolRun(
        arguments: ["predict", "--from", folder["run"], "--top", "8", "--format", "jsonl", "\(pictures)/000.png"] + more
      )
      let classes = try #require(try objects(run.output)[0]["classes"]?.array)
      return classes.compactMap { $0["probability"]?.double }.reduce(0, +)
    }
    #expect(abs(try sum() - 1) > 0.1)
    #expect(abs(try sum("--probabilities", "softmax") - 1) < 1e-5)
  }

  @Test func `an unreadable picture is left out and said; where nothing is left it is the error`() throws {
    train("train", "--set", "eval_batch_size=160")
    try AtomicFile.write("no picture", to: folder["bad.jpg"])
    let both = tool("predict", "--from", folder["run"], folder["bad.jpg"], "\(pictures)/000.png")
    #expect(both.code == 0 && both.output.split(separator: "\n").count == 1)
    #expect(both.error.contains("left out: 1") && both.error.contains("bad.jpg"))
    let alone = tool("predict", "--from", folder["run"], folder["bad.jpg"])
    #expect(alone.code == 1 && alone.error.contains("bad.jpg"))
    #expect(tool("predict", "--from", folder["run"], folder["none.jpg"]).code == 1)
    #expect(tool("predict", "--from", folder["run"], "--templates", "photo", "\(pictures)/000.png").code == 2)
    try AtomicFile.write("one\n", to: folder["names.txt"])
    #expect(tool("predict", "--from", folder["run"], "--classes", folder["names.txt"], pictures).code == 1)
  }

  @Test func `sentences as arguments, lines and files; pairs where the model takes them`() throws {
    train("glue", "--task", "cola")
    let run = tool("predict", "--from", folder["run"], "The cat sat.", "Cat the.")
    #expect(run.code == 0 && run.output.hasPrefix("The cat sat.: "), "\(run.error)")
    #expect(run.output.contains("unacceptable 0."))
    #expect(tool("predict", "--from", folder["run"], input: "The cat sat.\nCat the.\n").output == run.output)
    #expect(tool("predict", "--from", folder["run"], "-", input: "The cat sat.\nCat the.\n").output == run.output)
    try AtomicFile.write("The cat sat.\r\nCat the.\r\n", to: folder["t.txt"])
    #expect(tool("predict", "--from", folder["run"], "--data", folder["t.txt"]).output == run.output)
    // A model of a folder says nothing of pairs: a tab makes one.
    let checkpoint = folder["plain"]
    try FileManager.default.copyItem(atPath: "\(folder["run"])/checkpoints/2", toPath: checkpoint)
    let pair = try objects(
      tool("predict", "--from", checkpoint, "--format", "jsonl", input: "The cat.\tIt sat.\nOne.\n").output)
    #expect(pair[0]["pair"]?.string == "It sat." && pair[1]["pair"] == nil)
    let typed = try objects(
      tool("predict", "--from", checkpoint, "--pairs", "--format", "jsonl", "The cat.", "It sat.").output)
    let classes = { (object: JSON) in object["classes"]?.array?.compactMap { $0["class"]?.string } }
    #expect(classes(typed[0]) == classes(pair[0]) && classes(typed[0])?.count == 2)
    let csv = tool("predict", "--from", checkpoint, "--format", "csv", "--top", "1", "say \"a, b\"").output
    #expect(csv.hasPrefix("input,pair,rank,index,class,probability\n\"say \"\"a, b\"\"\",,1,"))
    #expect(tool("predict", "--from", checkpoint, "--pairs", "one").code == 2)
    try AtomicFile.write("id,a,b\n1,\"The cat.\",It sat.\n", to: folder["t.csv"])
    let row = try objects(
      tool(
        "predict", "--from", checkpoint, "--data", folder["t.csv"], "--text", "a", "--text-pair", "b", "--format",
        "jsonl"
      ).output)
    #expect(row == typed)
    let unnamed = tool("predict", "--from", checkpoint, "--data", folder["t.csv"])
    #expect(unnamed.code == 2 && unnamed.error.contains("“a”"))
    #expect(tool("predict", "--from", checkpoint, "--data", folder["t.txt"], "--text", "a").code == 2)
    let odd = tool("predict", "--from", checkpoint, "--pairs", input: "a\tb\nc\n")
    #expect(odd.code == 1 && odd.error.contains("line 2"))
    #expect(tool("predict", "--from", checkpoint, "--classes", "cifar10", "a").code == 2)
  }

  @Test func `a regression of several values says them all, and a pair needs two segments`() throws {
    let model = try TinyBERTFolder(folder["tiny"], outputs: 2, types: 1)
    try model.set("problem_type", "regression")
    try model.set("id2label", ["0": "joy", "1": "fear"])
    let object = try objects(tool("predict", "--from", model.path, "--format", "jsonl", "the cat").output)[0]
    let joy = try #require(object["values"]?["joy"]?.double)
    #expect(object["values"]?["fear"]?.double != nil && object["classes"] == nil)
    let csv = tool("predict", "--from", model.path, "--format", "csv", "the cat").output.split(separator: "\n")
    #expect(csv[0] == "input,pair,joy,fear" && csv[1].hasPrefix("the cat,,\(JSON(Float(joy)).text()),"))
    #expect(tool("predict", "--from", model.path, "the cat").output.hasPrefix("the cat: joy "))
    #expect(tool("predict", "--from", model.path, "--probabilities", "softmax", "the cat").code == 2)
    let pair = tool("predict", "--from", model.path, "--pairs", "the cat", "the dog")
    #expect(pair.code == 1 && pair.error.contains("type_vocab_size is 1 (\(model.path)/config.json)"), "\(pair.error)")
  }

  @Test func `ImageNet's classes are called by their names`() throws {
    func said(_ names: [String]?) throws -> ToolRun {
      FileSystem.remove(folder["net"])
      try FileSystem.makeFolder(folder["net"])
      var bias = [Float](repeating: 0, count: 1000)
      bias[2] = 50
      let checkpoint = try TensorFile.open(folder["run/checkpoints/2"])
      let tensors: [(name: String, array: HostArray)] = try checkpoint.names.map { name in
        let own = try checkpoint.array(named: name)
        return switch name {
        case "head.weight": (name, HostArray([Float](repeating: 0, count: 1000 * 96), shape: [1000, 96]))
        case "head.bias": (name, HostArray(bias, shape: [1000]))
        default: (name, own)
        }
      }
      try Safetensors.write(tensors, to: folder["net/model.safetensors"])
      if let names {
        let json: JSON = ["architecture": "vit_shapes_patch4_32", "label_names": .array(names.map { .string($0) })]
        try AtomicFile.write(json.text(), to: folder["net/config.json"])
      }
      return tool("predict", "--from", folder["net"], "--top", "1", "\(pictures)/000.png")
    }
    train("train", "--set", "eval_batch_size=160")
    // A thousand classes without names, and ids as class folders of ImageNet are called by.
    let unnamed = try said(nil)
    let guess = "the 1,000 classes are called as ImageNet's, a guess"
    #expect(unnamed.output.contains("great white shark 1.") && unnamed.error.contains(guess), "\(unnamed.error)")
    let ids = try LineFile.entries(Repository.file("datasets/robustness/imagenet_synsets.txt")).map(\.text)
    let known = try said(ids)
    #expect(known.output.contains("great white shark 1.") && !known.error.contains(guess), "\(known.error)")
    #expect(try said((0..<1000).map { "class \($0)" }).output.contains("class 2 1."))
    #expect(try LineFile.entries(Repository.file("datasets/imagenet/classes.txt")).count == 1000)
  }

  @Test func `no output takes the place of what is read, and pairs can be read again`() throws {
    let model = try TinyBERTFolder(folder["tiny"])
    try AtomicFile.write("id,a\n1,the cat\n", to: folder["t.csv"])
    try AtomicFile.write("the cat\n", to: folder["f.names.txt"])
    for (file, inputs) in [
      ("t.csv", ["--data", folder["t.csv"], "--text", "a"]), ("f.npy", ["--data", folder["f.names.txt"]]),
      ("tiny/model.safetensors", ["the cat"]), ("tiny/../tiny/model.safetensors", ["the cat"]),
    ] {
      for (command, option) in [("embed", "--output"), ("predict", "--logits")] {
        let run = ToolRun(arguments: [command, "--from", model.path, option, folder[file]] + inputs)
        #expect(run.code == 2 && run.error.contains("would be overwritten"), "\(file): \(run.error)")
      }
    }
    #expect(try TemporaryFolder.text(folder["f.names.txt"]) == "the cat\n")
    #expect(tool("embed", "--from", model.path, "--pairs", "--output", folder["p.npy"], "the cat", "sat").code == 0)
    #expect(try TemporaryFolder.text(folder["p.names.txt"]) == "the cat\tsat\n")
    let again = tool(
      "embed", "--from", model.path, "--pairs", "--output", folder["q.npy"], "--data", folder["p.names.txt"])
    #expect(again.code == 0, "\(again.error)")
    #expect(try Npy.read(folder["q.npy"]).floats() == Npy.read(folder["p.npy"]).floats())
  }

  @Test func `outputs that are not finite are an error, and are kept`() throws {
    let model = try TinyBERTFolder(folder["tiny"])
    let arrays = try TensorFile.open(model.path).arrays().map { name, array in
      name.hasSuffix("layer.1.output.LayerNorm.bias")
        ? (name, HostArray([Float](repeating: .nan, count: array.count), shape: array.shape)) : (name, array)
    }
    try Safetensors.write(arrays, to: folder["tiny/model.safetensors"])
    for (command, option) in [("embed", "--output"), ("predict", "--logits")] {
      let run = tool(command, "--from", model.path, option, folder["\(command).npy"], "the cat", "the dog")
      #expect(run.code == 1 && run.error.contains("2 of the model's 2 outputs are not finite"), "\(run.error)")
      #expect(try Npy.read(folder["\(command).npy"]).shape[0] == 2)
      if command == "predict" { #expect(run.output.split(separator: "\n").count == 2) }
    }
  }

  @Test func `features of pictures and sentences, and their neighbours`() throws {
    train("train", "--set", "eval_batch_size=160")
    let run = tool(
      "embed", "--from", folder["run"], "--output", folder["f.safetensors"], "--nearest", "1", "--normalize", pictures)
    #expect(run.code == 0, "\(run.error)")
    let file = try Safetensors.open(folder["f.safetensors"])
    let features = try file.array(named: "features")
    #expect(features.shape == [20, 96])
    #expect(abs(features.floats()[..<96].reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    #expect(try JSON.parse(file.metadata.first { $0.key == "inputs" }?.value ?? "", at: "f").array?.count == 20)
    #expect(run.output.split(separator: "\n").count == 41)
    let asked = tool(
      "embed", "--from", folder["run"], "--nearest", "2", "--query", "\(pictures)/003.jpg", pictures)
    let lines = asked.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[1].hasPrefix("  1.0000") && lines[1].hasSuffix("003.jpg"), "\(asked.error)")
    #expect(tool("embed", "--from", folder["run"], pictures).code == 2)
    #expect(tool("embed", "--from", folder["run"], "--output", folder["f.bin"], pictures).code == 2)
    // As text the numbers are the same.
    for ending in ["csv", "jsonl"] {
      #expect(
        tool("embed", "--from", folder["run"], "--output", folder["f.\(ending)"], "--normalize", pictures).code == 0)
    }
    let table = try Table(folder["f.csv"])
    #expect(table.columns.prefix(2) == ["input", "features_0"] && table.columns.count == 97 && table.count == 20)
    let row = try table.fields(3, Array(0..<97))
    #expect(row[0]?.hasSuffix("003.jpg") == true)
    #expect(row.dropFirst().map { Float($0 ?? "") } == features.floats()[3 * 96..<4 * 96].map { $0 })
    let line = try JSON.parse(String(TemporaryFolder.text(folder["f.jsonl"]).split(separator: "\n")[3]), at: "f")
    #expect(line["input"]?.string == row[0])
    #expect(line["features"]?.array?.map { $0.double.map { Float($0) } } == row.dropFirst().map { Float($0 ?? "") })
    #expect(tool("embed", "--from", folder["run"], "--captions", "--nearest", "1", "a").code == 2)
  }

  @Test func `a CLIP's captions and pictures end in one space, and its classes are names`() throws {
    try CaptionShards.write(CaptionShards.tinyConfiguration.utf8, folder["tiny.json"])
    train("clip-pretrain", "--model", folder["tiny.json"])
    let asked = tool("embed", "--from", folder["run"], "--nearest", "3", "--query", "a red disc", pictures)
    #expect(asked.code == 0 && asked.output.hasPrefix("a red disc\n"), "\(asked.error)")
    let texts = tool(
      "embed", "--from", folder["run"], "--captions", "--output", folder["t.npy"], "a red disc", "stripes")
    #expect(texts.code == 0, "\(texts.error)")
    let rows = try Npy.read(folder["t.npy"])
    let length = rows.floats()[..<rows.shape[1]].reduce(0) { $0 + $1 * $1 }
    #expect(rows.shape[0] == 2 && abs(length - 1) < 1e-5)
    try AtomicFile.write("red\ngreen\n", to: folder["names.txt"])
    let named = tool("predict", "--from", folder["run"], "--classes", folder["names.txt"], "\(pictures)/000.png")
    #expect(named.code == 0 && named.output.contains("red 0.") && named.output.contains("green 0."), "\(named.error)")
    #expect(tool("predict", "--from", folder["run"], "\(pictures)/000.png").code == 2)
  }
}
