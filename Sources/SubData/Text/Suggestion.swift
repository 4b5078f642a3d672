/// One word in the spellings that people give it.
package enum Spelling {
  /// The name that a word is, if need be in other letter case or without its dashes (`CoLA`, `SST-2`, `AdamW`); nil:
  /// none, or several.
  package static func meant(by word: String, among names: [String]) -> String? {
    if names.contains(word) { return word }
    let alike = names.filter { folded($0) == folded(word) }
    return alike.count == 1 ? alike[0] : nil
  }

  /// The yes or no that a word is, as transformers reads them (`True`, `1`, `yes`); nil: neither.
  package static func truth(_ word: String) -> Bool? {
    switch word.lowercased() {
    case "yes", "true", "t", "y", "1": true
    case "no", "false", "f", "n", "0": false
    default: nil
    }
  }

  private static func folded(_ word: String) -> String { word.lowercased().filter { !"-_ ".contains($0) } }
}

/// The nearest real name to a mistyped one.
package enum Suggestion {
  /// The candidate with the fewest edits, if they are few for the length of the word; a prefix also counts as near.
  package static func nearest(to word: String, in candidates: [String]) -> String? {
    let small = word.lowercased()
    let ranked = candidates.map { ($0, distance(small, $0.lowercased())) }
    if let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(1, min(word.count, best.0.count) / 3) { return best.0 }
    let extending = candidates.filter { $0.hasPrefix(word) }
    return extending.count == 1 ? extending[0] : nil
  }

  /// The cure of an error about a word that is none of `names`: the nearest of them, else `fallback`.
  package static func cure(
    for word: String, in names: [String], else fallback: @autoclosure () -> String
  ) -> String {
    cure(nearest(to: word, in: names).flatMap { $0 == word ? nil : $0 }, else: fallback())
  }

  /// The same where the nearest is known; nil: none is near.
  package static func cure(_ nearest: String?, else fallback: @autoclosure () -> String) -> String {
    nearest.map { "did you mean '\($0)'?" } ?? fallback()
  }

  /// Edits (insert, delete, replace, exchange two neighbours) between two words: the restricted Damerau distance.
  package static func distance(_ first: String, _ second: String) -> Int {
    // A mistyped name may be any length; beyond this no name of ours is near.
    let (a, b) = (Array(first.unicodeScalars.prefix(64)), Array(second.unicodeScalars.prefix(64)))
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var edits = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, rows[i - 1][j - 1] + 1) }
        row.append(edits)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
