public import SubCore
import SubData
import SubTrain

// What evaluation needs.
extension VisionFolder {
  /// Puts the weights into a model as they are to be evaluated: the average where the run kept one. Throws an
  /// `InputError` where the file has no classifier.
  public func loadForEvaluation(into set: ParameterSet, of model: VisionTransformer) throws {
    let report = try checkpoint.load(into: set, of: model)
    let absent = report.made.filter { $0 != "mask_token" }
    guard absent.isEmpty else {
      throw InputError(
        "there is no classifier: \(absent.joined(separator: ", ")) are missing", at: path,
        cure: config.hasPreNorm
          ? "fine-tune it with masksub finetune, or let masksub zero-shot do without a classifier"
          : "give a fine-tuned model; masksub finetune makes one")
    }
    let average = FileSystem.join(path, "ema.safetensors")
    guard let recipe, recipe.loop.emaDecay > 0, FileSystem.kind(average) == .file else { return }
    let file = try Safetensors.open(average)
    for parameter in set.parameters {
      let array = try file.array(named: parameter.name)
      guard array.shape == parameter.shape.dimensions else {
        throw InputError(
          "the average is of shape \(array.shape), the parameter of \(parameter.shape)",
          at: "\(average), tensor '\(parameter.name)'", cure: "take the whole checkpoint from the run again")
      }
      parameter.value.write(array)
    }
  }

  /// The recipe by which the model's images are framed and normalised: its own, else the one that its family follows,
  /// brought to the model's image size.
  public func evaluationRecipe(resize: Int? = nil) -> VisionRecipe {
    var recipe = recipe ?? VisionRecipe.following(config)
    if recipe.data.imageSize != config.imageSize {
      recipe.data.evalResize = recipe.data.evalResize * config.imageSize / recipe.data.imageSize
      recipe.data.imageSize = config.imageSize
    }
    if let resize { recipe.data.evalResize = resize }
    return recipe
  }
}
