import SubCore

/// Small text files with an entry per line: templates, class names, rows of a head.
package enum LineFile {
  private static let mostBytes = 64 << 20

  /// The lines that are not blank, trimmed, with their numbers from 1.
  package static func entries(_ path: String) throws -> [(number: Int, text: String)] {
    let file = try MappedFile(path)
    guard file.count <= mostBytes else {
      throw InputError(
        "the file has \(file.count >> 20) MiB, too many for a list", at: path, cure: "give a text file, an entry a line"
      )
    }
    var entries: [(number: Int, text: String)] = []
    for (index, line) in file.buffer.bytes.split(separator: 0x0a, omittingEmptySubsequences: false).enumerated() {
      guard let text = String(validating: line, as: UTF8.self) else {
        throw InputError("the line is not UTF-8", at: "\(path), line \(index + 1)", cure: "save the file as UTF-8")
      }
      let start = text.drop { $0.isWhitespace || $0 == "\u{feff}" }
      let trimmed = start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
      if !trimmed.isEmpty { entries.append((index + 1, trimmed)) }
    }
    return entries
  }
}
