/// A training that studies may share: its runs are named after what they are, not after a table.
struct StudyTraining {
  /// What its runs' folders are called, but for the seed.
  let name: String
  /// What is typed behind `masksub`. A word's part behind `@` stands for something else: for an input of that name, for
  /// `@home`, the folder that comes with the tool, or for `@run`, the run of the same seed that it goes on from.
  let line: String
  /// The same where no data are given and the embedded ones serve.
  var embedded: String?
  /// The network where the recipe's is another: weights that are trained on say it.
  var network: String?
  /// What it starts from; one element or none.
  private let before: [StudyTraining]

  init(_ name: String, _ line: String, embedded: String? = nil, after: StudyTraining? = nil) {
    (self.name, self.line, self.embedded, before) = (name, line, embedded, after.map { [$0] } ?? [])
  }

  /// What it starts from.
  var after: StudyTraining? { before.first }

  /// What it takes from outside, in the order of its line.
  var inputs: [StudyInput] {
    Self.words(line).compactMap(Self.reference).compactMap { reference in
      ["home", "run"].contains(reference.name) ? nil : StudyInput.named(reference.name)
    }
  }

  /// The command and its arguments. `place` says where a thing behind `@` is.
  func words(isEmbedded: Bool, _ place: (_ name: String) throws -> String) rethrows -> [String] {
    try Self.words(isEmbedded ? embedded ?? line : line).map { word in
      guard let (option, name, rest) = Self.reference(word) else { return word }
      return try "\(option)=\(place(name))\(rest)"
    }
  }

  /// A line's words, an option and its value in one.
  private static func words(_ line: String) -> [String] {
    line.split(separator: " ").reduce(into: []) { words, word in
      if let last = words.last, last.hasPrefix("--"), !last.contains("="), !word.hasPrefix("--") {
        words[words.count - 1] += "=\(word)"
      } else {
        words.append(String(word))
      }
    }
  }

  /// An option whose value begins with `@`.
  private static func reference(_ word: String) -> (option: String, name: String, rest: String)? {
    guard let mark = word.firstIndex(of: "@"), word[..<mark].hasSuffix("=") else { return nil }
    let name = word[word.index(after: mark)...].prefix { $0 != "/" }
    return (String(word[..<mark].dropLast()), String(name), String(word[name.endIndex...]))
  }
}
