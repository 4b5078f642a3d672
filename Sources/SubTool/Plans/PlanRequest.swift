import SubCore
import SubTrain

/// Training of which is asked what it takes, told before its data are read.
struct PlanRequest {
  /// The recipe, and what is set in it.
  var recipe: String
  var changes: [(key: String, value: String)] = []
  /// Samples of an epoch, and classes; nil: those of the data that the recipe is made for.
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

extension PlanRequest {
  /// Samples of an epoch: those of the request, else of `data`. Throws a usage error where neither says them, of so many
  /// `things`.
  func samples(of data: TrainingSet?, _ things: String) throws -> Int {
    if let samples = samples ?? data?.samples { return samples }
    throw InputError(
      "nothing says how many \(things) an epoch has", at: "--recipe \(recipe)", cure: "add --samples N", isUsage: true)
  }

  /// The data whose size is taken, for a plan's title: `, ImageNet-1k`; empty where the request says it.
  func title(of data: TrainingSet?) -> String { samples == nil ? data.map { ", \($0.name)" } ?? "" : "" }
}

extension Recipe {
  /// The recipe that is asked about, with what is set in it; nil where it is of another kind.
  static func asked(by request: PlanRequest) throws -> Self? {
    guard book.contains(where: { $0.recipe.name == request.recipe }) else { return nil }
    return try named(request.recipe).with(request.changes)
  }

  /// The data that the recipe of a request is made for; nil: whatever one has.
  static func data(of request: PlanRequest) -> TrainingSet? {
    book.first { $0.recipe.name == request.recipe }?.data
  }
}
