import Foundation
import TestSupport
import Testing

/// The first page of every level's documentation: its example is compiled and run in Pages, and what it names is there.
@Suite struct LandingPages {
  private static func text(_ path: String) throws -> String {
    try TemporaryFolder.text(Repository.file(path))
  }

  /// The lines without what stands before them.
  private static func lines(_ text: some StringProtocol) -> [String] {
    text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
  }

  private static let levels = ["SubCore", "SubData", "SubNN", "SubTrain", "VisionSub", "TextSub", "ClipSub"]

  @Test(arguments: levels) func `the example that a page shows is the one that runs`(_ level: String) throws {
    let page = try Self.text("Sources/\(level)/\(level).docc/\(level).md")
    let blocks = page.components(separatedBy: "```")
    #expect(blocks.count == 3 && blocks[1].hasPrefix("swift\n"))
    let shown = Self.lines(blocks[1].dropFirst(6))
    let run = Self.lines(try Self.text("Tests/OutsideTests/Pages/\(level)Page.swift"))
    let isImport = { (line: String) in line.hasPrefix("import ") }
    let own = ["import Testing", "import TestSupport"]
    #expect(shown.filter(isImport) == run.filter { isImport($0) && !own.contains($0) })
    let code = shown.filter { !isImport($0) }
    let places = run.indices.filter { run[$0...].starts(with: code) }
    #expect(!code.isEmpty && places.count == 1, "\(level): the page's example is not that of its test")
  }

  @Test(arguments: levels) func `a page names types that its level has`(_ level: String) throws {
    let page = try Self.text("Sources/\(level)/\(level).docc/\(level).md")
    let list = try #require(page.components(separatedBy: "## What is here").last)
    let names = Set(list.matches(of: #/`([A-Z][A-Za-z]*)[`.]/#).map { String($0.output.1) })
    let folder = URL(fileURLWithPath: Repository.file("Sources/\(level)"))
    let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
    var declared: Set<String> = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let source = try String(contentsOf: file, encoding: .utf8)
      let kinds = #/(?:public|open) (?:final )?(?:class|struct|enum|protocol|typealias) ([A-Za-z]+)/#
      let types = source.matches(of: kinds)
      declared.formUnion(types.map { String($0.output.1) })
    }
    #expect(names.count > 8 && names.isSubset(of: declared), "\(names.subtracting(declared).sorted())")
  }
}
