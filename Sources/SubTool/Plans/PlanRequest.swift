import SubCore
import SubTrain

/// Training of which is asked what it takes, told before its data are read.
struct PlanRequest {
  /// The recipe, and what is set in it.
  var recipe: String
  var changes: [(key: String, value: String)] = []
  /// Samples of an epoch, and classes; nil: what the recipe's kind is made for.
  var samples: Int?
  var classes: Int?
  /// Tokens of a text on average; nil: as many as the recipe reads.
  var tokens: Int?
  /// The network where the recipe makes none: a folder of weights, or an open_clip name or file.
  var from: String?
  var model: String?
  /// The type of activations and products.
  var precision = Precision.fp32
}

extension Recipe {
  /// The recipe that is asked about, with what is set in it; nil where it is of another kind.
  static func asked(by request: PlanRequest) throws -> Self? {
    guard book.contains(where: { $0.recipe.name == request.recipe }) else { return nil }
    return try named(request.recipe).with(request.changes)
  }
}
