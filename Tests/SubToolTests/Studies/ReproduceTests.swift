import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import SubTool

/// `reproduce` as it is typed, and studies of a few steps.
@Suite(.serialized) struct ReproduceTests {
  private let folder = TemporaryFolder()

  private func tool(_ arguments: String...) -> ToolRun {
    ToolRun(arguments: ["reproduce"] + arguments, environment: ["MASKSUB_HOME": Repository.path])
  }

  /// A training of four updates on the embedded sentences.
  private func few(_ method: String, _ options: String = "", steps: Int = 4) -> StudyTraining {
    StudyTraining(
      "few-\(method)", "glue --task cola --data @glue --from @bert --method \(method)",
      embedded: "glue --task cola --max-steps \(steps) --batch-size 8 --log-every 2 --evaluate-every 2 --save-every 2 "
        + "--analyze --method \(method) \(options)")
  }

  private func study(_ name: String, _ rows: [(String, PaperNumber, StudyTraining)], axis: String? = nil) -> Study {
    Study(
      name: name, summary: "a few steps", setting: "four updates", axis: axis,
      rows: rows.enumerated().map { place, row in
        Study.Row(
          label: row.0, number: row.1, place: axis == nil ? nil : ("curve", Double(place)), paper: row.2, small: row.2)
      })
  }

  /// A study made as the command makes it; what it printed, and the error that ended it.
  private func reproduce(
    _ study: Study, _ options: String..., after moment: String? = nil
  ) throws -> (output: String, notes: String, error: (any Error)?) {
    let signal = Interruption.Simulated(raised: false)
    var (output, notes): ([UInt8], [UInt8]) = ([], [])
    let console = Console(
      output: { output.append(contentsOf: $0) },
      error: {
        notes.append(contentsOf: $0)
        if let moment, String(decoding: notes, as: UTF8.self).contains(moment) { signal.raise() }
      })
    let home = ProjectHome(environment: ["MASKSUB_HOME": Repository.path])
    let context = ToolContext(console: console, home: home, arguments: [])
    let arguments = ["table-1", "--output", folder["out"]] + options
    let command = try #require(try CommandParser(ReproduceCommand.self).parse(arguments) as? ReproduceCommand)
    var failure: (any Error)?
    func run() {
      do { try command.reproduce(study, in: context) } catch { failure = error }
      try? console.flush()
    }
    if moment == nil { run() } else { Interruption.$simulated.withValue(signal) { run() } }
    return (String(decoding: output, as: UTF8.self), String(decoding: notes, as: UTF8.self), failure)
  }

  @Test func `a study is told, run, drawn beside the paper's numbers, and not run again`() throws {
    let both = study(
      "table-x", [("baseline", "54.7", few("baseline")), ("MaskSub", "58.3", few("masksub"))], axis: "share")
    let told = try reproduce(both, "--seeds", "2", "--dry-run")
    #expect(told.error == nil && told.output.contains("table-x at small scale: a few steps\nfour updates\n"))
    #expect(told.output.contains("using the embedded data and networks; for others: --data, --from"))
    let rows = told.output.split(separator: "\n").filter { $0.hasPrefix("few-") }.map { $0.split(separator: " ") }
    #expect(rows.map { $0[..<4] } == [["few-baseline", "2", "0", "4"], ["few-masksub", "2", "0", "4"]])
    #expect(told.output.contains("4 runs, 16 updates; 0 runs are done") && FileSystem.kind(folder["out"]) == .absent)

    let first = try reproduce(both, "--seeds", "2")
    #expect(first.error == nil && first.notes.contains("run 4 of 4: few-masksub, seed 2"), "\(first.notes)")
    let lines = first.output.split(separator: "\n")
    #expect(
      lines[1].hasPrefix("method    paper  paper vs baseline  matthews_correlation"), "\(first.output)")
    #expect(lines[3].hasPrefix("MaskSub   0.583             +0.036  "))
    let page = try TemporaryFolder.text(folder["out/embedded/table-x/report.html"])
    #expect(page.contains("In the paper") && page.contains("matthews_correlation by share") && page.contains("0.583"))
    #expect(page.contains("made with the data that come with the tool"))
    #expect(try RunRecord(folder["out/embedded/few-masksub-s2"]).seed == 2)

    let again = try reproduce(both, "--seeds", "2")
    #expect(again.error == nil && again.output == first.output && !again.notes.contains("run 1 of"))
    // Another study has one of them too.
    let other = try reproduce(study("table-y", [("baseline", "1", few("baseline")), ("masking", "2", few("masking"))]))
    #expect(
      other.error == nil && other.notes.contains("run 2 of 2: few-masking") && !other.notes.contains("run 1 of 2"))
    #expect(
      other.notes.contains("few-baseline     1     1        4") && other.notes.contains("its runs"), "\(other.notes)")
  }

  @Test func `a folder that holds another run is refused before anything starts`() throws {
    let one = study("table-x", [("baseline", "54.7", few("baseline"))])
    #expect(try reproduce(one).error == nil)
    let longer = study("table-x", [("baseline", "54.7", few("baseline", steps: 6))])
    let refused = try #require(try reproduce(longer, "--seeds", "2").error as? InputError)
    #expect(refused.isUsage && refused.what.contains("the folder holds another run: glue --"), "\(refused.what)")
    #expect(refused.what.contains("--max-steps=4"))
    #expect(refused.place == folder["out/embedded/few-baseline-s1"])
    #expect(FileSystem.kind(folder["out/embedded/few-baseline-s2"]) == .absent)
    // Where it runs is no part of what it is.
    let json = try TemporaryFolder.text(folder["out/embedded/few-baseline-s1/config.json"])
    try AtomicFile.write(
      json.replacing("\"--analyze\"", with: "\"--analyze\",\"--threads=3\""),
      to: folder["out/embedded/few-baseline-s1/config.json"])
    #expect(try reproduce(one).error == nil)
  }

  @Test func `what was stopped goes on with the same line, and what fails ends no other run`() throws {
    let both = study("table-x", [("baseline", "54.7", few("baseline")), ("MaskSub", "58.3", few("masksub"))])
    let stopped = try reproduce(both, after: "method masksub, \(folder["out/embedded/few-masksub-s1"])")
    let cure = try #require(stopped.error as? Interruption).cure
    #expect(cure.hasPrefix("1 of 2 runs are done. Go on with: masksub reproduce table-x --output="), "\(cure)")
    #expect(FileSystem.kind(folder["out/embedded/few-masksub-s1/checkpoints/1"]) == .folder)
    let rest = try reproduce(both)
    #expect(rest.error == nil && rest.notes.contains("run 2 of 2") && !rest.notes.contains("run 1 of 2"))

    try AtomicFile.write("no folder", to: folder["out/embedded/few-masking-s1"])
    let three = study(
      "table-z",
      [("masking", "1", few("masking")), ("baseline", "54.7", few("baseline")), ("drop", "2", few("dropsub"))])
    let failed = try #require(try reproduce(three).error as? InputError)
    #expect(failed.what.hasPrefix("1 of 3 runs failed: few-masking with seed 1"))
    #expect(try RunRecord(folder["out/embedded/few-dropsub-s1"]).summary != nil)
  }

  @Test func `studies are listed`() {
    let list = tool()
    #expect(list.code == 0)
    let lines = list.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
    #expect(lines.count == Studies.all.count + Studies.absent.count)
    #expect(lines[0].hasPrefix("figure-2 small, paper 3 rows curves of"), "\(lines[0])")
    #expect(lines.contains { $0.hasPrefix("table-8, table-a1 small, paper 18 rows ") })
    #expect(
      lines.contains { $0.hasPrefix("table-1 paper 16 rows ") } && lines.last?.hasPrefix("table-a3 cannot") == true)
  }

  @Test func `a study of the paper says what it takes`() {
    let told = tool("table", "A.7", "--dry-run", "--only", "vit-masksub", "--output", folder["none"])
    let row = told.output.split(separator: "\n").first { $0.hasPrefix("vit-masksub ") }?.split(separator: " ")
    #expect(told.code == 0 && row?[..<4] == ["vit-masksub", "1", "0", "480"], "\(told.output)\(told.error)")
    #expect(FileSystem.kind(folder["none"]) == .absent)
  }

  @Test func `the paper's scale says what it takes without any of it`() {
    let told = tool("t13", "--scale", "paper", "--only", "deit3-s-400-masksub", "--dry-run", "--output", folder["none"])
    #expect(told.code == 0 && told.output.contains("takes --data imagenet=PATH: ImageNet-1k"), "\(told.error)")
    let row = told.output.split(separator: "\n").first { $0.hasPrefix("deit3-s-400-masksub ") }?.split(separator: " ")
    #expect(row?[..<4] == ["deit3-s-400-masksub", "1", "0", "250000"], "\(told.output)")
    let text = tool("t11", "--scale", "paper", "--only", "bert-large-rte-baseline", "--dry-run")
    #expect(text.code == 0 && text.output.contains("its weights"), "\(text.output)\(text.error)")
  }

  @Test func `what is missing or wrong is said`() {
    let wrong: [([String], String)] = [
      (["table-1"], "table-1 has no small scale: table-9 asks the same"),
      (["tabel-12"], "did you mean 'table-12'?"), (["A.2"], "UperNet"),
      (["table-12", "--scale", "paper"], "imagenet-names: a file with a name"),
      (["table-11", "--data", "glue"], "add --from bert=PATH"),
      (["table-9", "--data", "a", "--data", "b"], "the study has no other input than cifar10 (--data b)"),
      (["table-9", "--data", "cifar=a"], "the study has no input 'cifar' (--data cifar=a): it takes cifar10=PATH"),
      (["table-9", "--data", "a", "--from", "b"], "the study takes none (--from b)"),
      (["table-9", "--only", "vit-maskub"], "did you mean 'vit-masksub'?"), (["table-9", "--scale", "big"], "small"),
      (["--seeds", "0", "a7"], "--seeds cannot be '0'"),
    ]
    for (arguments, text) in wrong {
      let result = ToolRun(
        arguments: ["reproduce", "--output", folder["none"]] + arguments, environment: ["MASKSUB_HOME": Repository.path]
      )
      #expect(result.code == 2 && result.error.contains(text), "\(arguments): \(result.error)")
    }
    #expect(FileSystem.kind(folder["none"]) == .absent)
    let absent = tool("table-9", "--only", "vit-baseline", "--data", folder["absent"], "--output", folder["failed"])
    #expect(absent.code == 1 && absent.error.contains("absent"), "\(absent.error)")
  }
}
