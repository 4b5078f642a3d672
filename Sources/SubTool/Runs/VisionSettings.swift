import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// A vision recipe as a command line changed it.
struct VisionSettings {
  /// The hyper-parameters.
  var recipe: VisionRecipe
  /// Updates after which the run ends, whatever `epochs` says; 0: all of them. The schedule stays that of all epochs.
  var maxSteps = 0

  /// Applies `--set`. Throws an `InputError` for keys and values that the recipe does not have.
  init(_ recipe: VisionRecipe, _ settings: [(key: String, value: String)]) throws {
    var others: [(key: String, value: String)] = []
    for (key, value) in settings {
      guard key == Self.maxStepsKey else {
        others.append((key, value))
        continue
      }
      guard let count = Int(value), count >= 0 else {
        throw InputError(
          "'\(value)' is not a number of updates", at: "--set \(key)", cure: "give a whole number", isUsage: true)
      }
      maxSteps = count
    }
    for (key, value) in others {
      guard let known = Self.choices[key], !known.contains(value) else { continue }
      throw InputError(
        "'\(value)' is unknown", at: "--set \(key)", cure: "use \(known.joined(separator: ", "))", isUsage: true)
    }
    self.recipe = try recipe.with(others)
    try self.recipe.validate()
    _ = try self.recipe.trainingPipeline()
    for (key, value) in Self.counts(self.recipe) where !(0...1 << 24).contains(value) {
      throw InputError("\(value) is out of range", at: "--set \(key)", cure: "give 0 to \(1 << 24)", isUsage: true)
    }
    for (key, value) in Self.positives(self.recipe) where !(1...1 << 20).contains(value) {
      throw InputError("\(value) is out of range", at: "--set \(key)", cure: "give 1 to \(1 << 20)", isUsage: true)
    }
    for (key, value) in Self.shares(self.recipe) where !(0...1).contains(value) {
      throw InputError("\(value) is out of range", at: "--set \(key)", cure: "give a number from 0 to 1", isUsage: true)
    }
  }

  /// Settings that are a choice.
  private static let choices: [String: [String]] = [
    "readout": VisionTransformerConfig.Readout.allCases.map(\.rawValue),
    "schedule": CosineSchedule.Form.allCases.map(\.rawValue),
    "optimizer": VisionRecipe.OptimizerName.allCases.map(\.rawValue),
    "loss": VisionRecipe.LossName.allCases.map(\.rawValue),
    "crop": VisionRecipe.CropName.allCases.map(\.rawValue),
    "masking": Masking.Selection.allCases.map(\.rawValue),
  ]

  /// The name of the only setting that is the loop's and no recipe's.
  static let maxStepsKey = "max_steps"

  private static func counts(_ recipe: VisionRecipe) -> [(String, Int)] {
    [
      ("warmup_epochs", recipe.warmupEpochs), ("save_every", recipe.saveEvery),
      ("evaluate_every", recipe.evaluateEvery),
    ]
  }

  private static func positives(_ recipe: VisionRecipe) -> [(String, Int)] {
    [
      ("batch_size", recipe.batchSize), ("eval_batch_size", recipe.evalBatchSize), ("repeats", recipe.repeats),
      ("log_every", recipe.logEvery), ("epochs", recipe.epochs),
    ]
  }

  private static func shares(_ recipe: VisionRecipe) -> [(String, Double)] {
    [
      ("flip", recipe.flip), ("crop_scale", recipe.cropScale), ("mix_probability", recipe.mixProbability),
      ("switch_probability", recipe.switchProbability), ("erasing", recipe.erasing),
    ]
  }

  /// All of it, for `config.json`.
  func json() throws -> JSON {
    var object = try recipe.json().object ?? JSON.Object()
    object[Self.maxStepsKey] = .integer(Int64(maxSteps))
    return .object(object)
  }
}
