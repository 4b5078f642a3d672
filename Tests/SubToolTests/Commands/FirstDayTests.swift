import SubData
import TestSupport
import Testing

@testable import SubTool

/// What somebody sees who has no data and no weights yet.
@Suite struct FirstDayTests {
  private let folder = TemporaryFolder()

  private func run(_ arguments: String...) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": Repository.path])
  }

  @Test(arguments: ["mae-vit-b", "models/mae-vit-b.safetensors", "--from=mae-vit-b"])
  func `weights that are not there come from somewhere`(_ from: String) {
    let result = from.hasPrefix("--") ? run("finetune", from) : run("finetune", "--from", from)
    #expect(result.code != 0)
    #expect(
      result.error.contains(
        "scripts/fetch-weights mae-vit-b gets it from https://dl.fbaipublicfiles.com/mae/pretrain/mae_pretrain_vit_base"
      ),
      "\(result.error)")
  }

  @Test func `a name that is nearly one, and one that is none`() {
    #expect(run("finetune", "--from", "mae-vitb").error.contains("scripts/fetch-weights mae-vit-b"))
    #expect(!run("finetune", "--from", "my/own.safetensors").error.contains("fetch-weights"))
  }

  @Test func `lines of the tool's own files may end as elsewhere`() throws {
    for end in ["\n", "\r\n"] {
      try FileSystem.makeFolder(folder["scripts"])
      try AtomicFile.write(
        ["# a comment", "mine https://example.org/1 1", "other https://example.org/2 2"].map { $0 + end }.joined(),
        to: folder["scripts/weights.txt"])
      try AtomicFile.write("0123abc" + end, to: folder["commit"])
      let home = ["MASKSUB_HOME": folder.path]
      let other = ToolRun(arguments: ["finetune", "--from", "other"], environment: home)
      #expect(other.error.contains("gets it from https://example.org/2 and"), "\(other.error)")
      #expect(ProjectHome(environment: home).commit == "0123abc")
    }
  }

  @Test func `the list of weights is a name, an address and the start of a checksum`() throws {
    let lines = try TemporaryFolder.text(Repository.file("scripts/weights.txt")).split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    #expect(lines.count > 20 && Set(lines.map { $0[0] }).count == lines.count)
    for line in lines {
      #expect((2...3).contains(line.count) && line[1].hasPrefix("https://"), "\(line)")
      #expect(line.count < 3 || line[1].contains(line[2]) && line[2].allSatisfy(\.isHexDigit), "\(line)")
    }
  }

  @Test func `a run without data ends with an accuracy and a picture`() throws {
    let result = run(
      "train", "--set", "max_steps=1", "--set", "batch_size=8", "--set", "eval_batch_size=80", "--output",
      folder["run"])
    #expect(result.code == 0 && result.output.contains("top1 "), "\(result.error)")
    #expect(result.output.contains("24 test images with what the model says of them: \(folder["run"])/plots/"))
    #expect(try TemporaryFolder.bytes(folder["run/plots/predictions.png"]).prefix(4) == [0x89, 0x50, 0x4e, 0x47])
    let configuration = try JSON.read(folder["run/config.json"])
    #expect(configuration["parts"]?.int == 1 && configuration["demonstration"] == nil)
  }
}
