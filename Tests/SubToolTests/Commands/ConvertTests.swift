import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// `convert`: nothing is left out without a word, and nothing beside the weights is lost.
@Suite struct ConvertTests {
  private let folder = TemporaryFolder()

  @Test func `an ending that is no format is refused`() throws {
    try Safetensors.write([("a", HostArray([1, 2] as [Float], shape: [2]))], to: folder["x.safetensors"])
    for name in ["y.foo", "y.safetensor", "y.pth"] {
      let run = ToolRun("convert", folder["x.safetensors"], folder[name])
      #expect(run.code == 2 && run.error.contains("files are not written"), "\(name): \(run.error)")
      #expect(FileSystem.kind(folder[name]) == .absent)
    }
    #expect(ToolRun("convert", folder["x.safetensors"], folder["model-v1.5"]).code == 0)
    #expect(FileSystem.kind(folder["model-v1.5"]) == .folder)
  }

  @Test func `configurations beside the weights go into the metadata, and out of them`() throws {
    try FileSystem.makeFolder(folder["model"])
    try Safetensors.write(
      [("a", HostArray([1] as [Float], shape: [1]))], metadata: [("format", "pt"), ("note", "mine")],
      to: folder["model/model.safetensors"])
    try AtomicFile.write(#"{"num_attention_heads": 5}"#, to: folder["model/config.json"])
    #expect(ToolRun("convert", folder["model"], folder["one.safetensors"]).code == 0)
    #expect(ToolRun("convert", folder["one.safetensors"], folder["two.safetensors"]).code == 0)
    let metadata = try Safetensors.open(folder["two.safetensors"]).metadata
    #expect(metadata.map(\.key) == ["format", "note", "config.json"])
    #expect(try JSON.parse(metadata[2].value, at: "config.json")["num_attention_heads"]?.int == 5)
  }

  @Test func `weights of one model become their mean`() throws {
    for (name, value) in [("a", 1), ("b", 4)] as [(String, Float)] {
      try Safetensors.write([("w", HostArray([value], shape: [1]))], to: folder["\(name).safetensors"])
    }
    let both = [folder["a.safetensors"], folder["b.safetensors"]]
    let mean = ToolRun(arguments: ["convert"] + both + [folder["m.safetensors"], "--average"])
    #expect(mean.code == 0 && mean.error.contains("the mean of 2 checkpoints, by 0.5000, 0.5000"), "\(mean.error)")
    #expect(try TensorFile.open(folder["m.safetensors"]).array(named: "w").floats() == [2.5])
    let third = ToolRun(arguments: ["convert"] + both + [folder["t.npz"], "--average", "--by", "0.75,0.25"])
    #expect(try third.code == 0 && TensorFile.open(folder["t.npz"]).array(named: "w").floats() == [1.75])
    for (arguments, hint) in [
      (both + [folder["n.npz"]], "add --average"), ([both[0]], "OUT is missing"),
      (both + ["--average"], "nothing to average"), (both + ["--by", "1"], "nothing is averaged"),
      (both + [folder["n.npz"], "--average", "--by", "1"], "1 factors for 2 weights"),
      (both + [folder["n.npz"], "--average", "--by", "1,1"], "sum to 2.0"),
    ] {
      let wrong = ToolRun(arguments: ["convert"] + arguments)
      #expect(wrong.code == 2 && wrong.error.contains(hint), "\(arguments): \(wrong.error)")
    }
  }
}
