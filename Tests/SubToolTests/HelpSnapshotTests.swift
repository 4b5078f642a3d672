import SubTool
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

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
    var folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    folder.removeLast()
    let path = (folder + ["Snapshots", "\(name).txt"]).joined(separator: "/")
    if getenv("MASKSUB_RECORD") != nil {
      let file = try #require(fopen(path, "w"))
      fputs(page, file)
      fclose(file)
    }
    let file = try #require(fopen(path, "r"), "no snapshot \(path)")
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var byte = fgetc(file)
    while byte >= 0 {
      bytes.append(UInt8(byte))
      byte = fgetc(file)
    }
    #expect(page == String(decoding: bytes, as: UTF8.self))
  }
}
