import SubCore

/// Small text files with an entry per line: templates, class names, rows of a head.
package enum LineFile {
  private static let mostBytes = 64 << 20

  /// The lines that are not blank, trimmed, with their numbers from 1.
  package static func entries(_ path: String) throws -> [(number: Int, text: String)] {
    let file = try TextFile(path, cure: "give a text file, an entry a line", limit: mostBytes)
    var entries: [(number: Int, text: String)] = []
    try file.forEachLine { (number, line) throws(InputError) in
      let text = String(try file.string(line, line: number).drop { $0.isWhitespace || $0 == "\u{feff}" }).trimmed
      if !text.isEmpty { entries.append((number, text)) }
    }
    return entries
  }
}
