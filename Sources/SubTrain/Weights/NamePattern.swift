/// A tensor's name with gaps: `*` stands for one part between dots, `**` for any rest (also none), `{q,k,v}` for each of
/// its words.
///
///     blocks.*.attn.qkv.*      bert.encoder.layer.*.attention.self.{query,key,value}.*
struct NamePattern: Sendable, Equatable {
  private enum Piece: Sendable, Equatable {
    case text(String)
    case part
    case rest
    case choice([String])
  }

  /// What a name holds in a pattern's gaps.
  struct Match: Equatable {
    var captures: [Substring] = []
    /// Which word of the braces; 0 without braces.
    var choice = 0
  }

  /// As it was written.
  let text: String
  private let pieces: [Piece]
  /// How many names a match stands for: the words of the braces, 1 without.
  let choices: Int

  /// A pattern as written above; at most one pair of braces.
  init(_ text: String) {
    self.text = text
    var (pieces, literal): ([Piece], String) = ([], "")
    var rest = Substring(text)
    func endLiteral() {
      if !literal.isEmpty { pieces.append(.text(literal)) }
      literal = ""
    }
    while let first = rest.first {
      if rest.hasPrefix("**") {
        endLiteral()
        pieces.append(.rest)
        rest = rest.dropFirst(2)
      } else if first == "*" {
        endLiteral()
        pieces.append(.part)
        rest = rest.dropFirst()
      } else if first == "{", let end = rest.firstIndex(of: "}") {
        endLiteral()
        pieces.append(.choice(rest[rest.index(after: rest.startIndex)..<end].split(separator: ",").map(String.init)))
        rest = rest[rest.index(after: end)...]
      } else {
        literal.append(first)
        rest = rest.dropFirst()
      }
    }
    endLiteral()
    self.pieces = pieces
    let words = pieces.compactMap { if case .choice(let words) = $0 { words.count } else { nil } }
    precondition(words.count <= 1, "NamePattern: \(text) has two pairs of braces")
    choices = words.first ?? 1
  }

  /// What `name` holds in the gaps; nil where it is no such name.
  func match(_ name: String) -> Match? { Self.match(pieces[...], Substring(name), Match()) }

  /// The names that fill the gaps: one, or one for each word of the braces.
  func names(_ match: Match) -> [String] {
    (0..<choices).map { choice in
      var captures = match.captures[...]
      return pieces.reduce(into: "") { name, piece in
        switch piece {
        case .text(let text): name += text
        case .part, .rest: name += captures.popFirst() ?? ""
        case .choice(let words): name += words[choice]
        }
      }
    }
  }

  /// This pattern behind a prefix.
  func under(_ prefix: String) -> NamePattern { NamePattern(prefix + text) }

  private static func match(_ pieces: ArraySlice<Piece>, _ name: Substring, _ found: Match) -> Match? {
    guard let piece = pieces.first else { return name.isEmpty ? found : nil }
    let others = pieces.dropFirst()
    switch piece {
    case .text(let text):
      return name.hasPrefix(text) ? match(others, name.dropFirst(text.count), found) : nil
    case .part:
      let end = name.firstIndex(of: ".") ?? name.endIndex
      guard end > name.startIndex else { return nil }
      var found = found
      found.captures.append(name[..<end])
      return match(others, name[end...], found)
    case .rest:
      // The rest ends a pattern, so that a match is never a search.
      precondition(others.isEmpty, "NamePattern: ** stands at the end")
      var found = found
      found.captures.append(name)
      return found
    case .choice(let words):
      for (index, word) in words.enumerated() where name.hasPrefix(word) {
        var found = found
        found.choice = index
        if let match = match(others, name.dropFirst(word.count), found) { return match }
      }
      return nil
    }
  }
}
