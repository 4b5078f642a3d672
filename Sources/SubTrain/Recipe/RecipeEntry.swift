import SubData

/// A recipe with its page: the command, what to expect, where its numbers are from, and what was kept or mended.
public struct RecipeEntry<Kind: Recipe>: Sendable {
  /// The numbers.
  public let recipe: Kind
  /// What it is made for; nil: whatever one has.
  public let data: TrainingSet?
  private let summary, command, expected, source: String
  private let notes: [String: String]

  /// An entry.
  /// - Parameters:
  ///   - summary: what it trains, one line.
  ///   - data: what it is made for; nil: whatever one has.
  ///   - command: the command line that runs it.
  ///   - expected: the result to expect, with the table it stands in.
  ///   - source: the publication and code that it follows.
  ///   - notes: remarks on fields by their keys, full or short; the others are the source's as they are.
  public init(
    _ recipe: Kind, _ summary: String, for data: TrainingSet? = nil, command: String, expected: String, source: String,
    notes: [String: String] = [:]
  ) {
    let gaps = Kind.table.gaps(in: recipe)
    precondition(gaps.isEmpty, "\(recipe.name): no row for \(gaps.joined(separator: ", "))")
    (self.recipe, self.data, self.summary, self.command) = (recipe, data, summary, command)
    (self.expected, self.source) = (expected, source)
    self.notes = Dictionary(
      uniqueKeysWithValues: notes.map { key, note in
        guard let row = try? Kind.table.row(key) else { preconditionFailure("\(recipe.name): a note on \(key)") }
        return (row.key, note)
      })
  }

  /// The page that `masksub recipes show` prints.
  public var page: RecipePage {
    RecipePage(
      name: recipe.name, summary: summary, command: command, expected: expected, source: source,
      parameters: Kind.table.rows.map { row in
        let value = row.value(in: recipe)
        return RecipePage.Parameter(
          row.key, value.string ?? value.text(), allowed: row.allowed, meaning: row.meaning,
          source: notes[row.key] ?? row.source)
      })
  }
}
