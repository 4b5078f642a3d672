import Foundation
import SubData
import TestSupport
import Testing

@testable import SubTool

/// Help pages as they stood when somebody last looked at them. `MASKSUB_RECORD=1` writes them anew.
@Suite struct HelpSnapshotTests {
  @Test func `the tool's help`() throws { try compare(ToolRun("--help").output, "masksub") }

  @Test(arguments: Tool.commands.map { $0.name })
  func `each command's help`(_ name: String) throws {
    try compare(ToolRun(arguments: [name, "--help"]).output, name)
  }

  @Test func `the help of a command with every kind of option`() throws {
    try compare(ToolRun(arguments: ["paint", "--help"], commands: OptionTests.commands).output, "paint")
    try compare(ToolRun(arguments: ["twice", "--help"], commands: OptionTests.commands).output, "twice")
  }

  @Test func `no line of help is wider than the page`() {
    for type in Tool.commands {
      for line in ToolRun(arguments: [type.name, "--help"]).output.split(separator: "\n") {
        #expect(line.count <= 100 || line.hasPrefix("  masksub ") || line.hasPrefix("usage: "), "\(line)")
      }
    }
  }

  private func compare(_ page: String, _ name: String) throws {
    let path = Repository.file("Tests/SubToolTests/Snapshots/\(name).txt")
    if ProcessInfo.processInfo.environment["MASKSUB_RECORD"] != nil { try AtomicFile.write(page, to: path) }
    #expect(try page == TemporaryFolder.text(path), "\(path)")
  }
}
