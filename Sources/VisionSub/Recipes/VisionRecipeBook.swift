import SubCore
import SubData
public import SubTrain

/// A recipe with its page: the command, what to expect, where its numbers are from, and what was kept or mended.
public struct VisionRecipeEntry: Sendable {
  /// The numbers.
  public let recipe: VisionRecipe
  /// What it trains, one line.
  public let summary: String
  /// The command that runs it.
  public let command: String
  /// The result to expect, with the table it stands in.
  public let expected: String
  /// The publication and code that it follows.
  public let source: String
  /// Remarks on hyper-parameters by their keys; the others are the source's as they are.
  public let notes: [String: String]

  init(
    _ recipe: VisionRecipe, _ summary: String, command: String, expected: String, source: String,
    notes: [String: String]
  ) {
    self.recipe = recipe
    self.summary = summary
    self.command = command
    self.expected = expected
    self.source = source
    self.notes = notes
  }

  /// What every page says of how images are read and mixed.
  private static let common = [
    "crop": "rrc: the random resized crop; simple: shorter side to the size, a border of 4, a random square",
    "decode_scaled": "true: a large JPEG is decoded at a half, quarter or eighth; quicker, not the original's pixels",
    "exif": "true: images are turned as EXIF says; the originals' loaders ignore it",
    "mix_bytes": "true: bytes are mixed and rounded before normalisation, as RSB's loader does",
  ]

  /// The page that `masksub recipes show` prints.
  public func page() throws -> RecipePage {
    let fields = try recipe.json().object?.members ?? []
    return RecipePage(
      name: recipe.name, summary: summary, command: command, expected: expected, source: source,
      parameters: fields.filter { $0.key != "name" }.map { field in
        let value = field.value.string ?? field.value.text()
        return RecipePage.Parameter(field.key, value, source: notes[field.key] ?? Self.common[field.key] ?? "")
      })
  }
}

extension VisionRecipe {
  /// Every vision recipe, in the order of `masksub recipes`.
  public static let book: [VisionRecipeEntry] =
    [shapesTiny] + deit3 + deit3Finetuning + mae + beit + ftClip + transfer + [analysis]

  /// The recipe of a name. Throws an `InputError` listing the names there are.
  public static func named(_ name: String) throws -> VisionRecipe {
    guard let entry = book.first(where: { $0.recipe.name == name }) else {
      throw InputError(
        "there is no vision recipe '\(name)'", at: "--recipe",
        cure: "use one of \(book.map(\.recipe.name).joined(separator: ", "))", isUsage: true)
    }
    return entry.recipe
  }

  /// The recipe that finetunes what was loaded.
  public static func following(_ configuration: any VisionConfiguration) throws -> VisionRecipe {
    var recipe = try named(configuration.family.recipe(following: configuration))
    configuration.adapt(&recipe)
    return recipe
  }
}
