package import SubCore

extension Suggestion {
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
}
