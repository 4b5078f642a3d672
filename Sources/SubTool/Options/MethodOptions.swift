import SubCore
package import SubTrain

/// How a run trains: the options of every command that trains.
package struct MethodOptions: OptionGroup {
  package static let title = "Method"
  @Option("--method", "how the step trains") package var method = Method.masksub
  @Option(
    "--ratio", in: 0...0.999,
    default: "masksub and masking 0.5 for images, 0.15 for text; dropsub 0.2; pathsub the recipe's drop-path + 0.1",
    "what the sub-branch loses")
  package var ratio: Double?
  @Option("--sub-weight", in: 0...1, "the sub-branch's share of the loss") package var subWeight = 0.5

  package init() {}

  /// The method with its numbers; the recipe's own ratio stands where no other was given.
  package func resolved(
    _ modality: Method.Modality, _ recipe: MethodFields, dropPath: Double = 0
  ) throws -> MaskSub {
    let share = ratio ?? (method.hidesParts ? recipe.ratio : method.defaultRatio(modality, dropPath: dropPath))
    guard share < 1 else {
      throw InputError(
        "the sub-branch would have a stochastic depth of \(share.fixed(2))", at: "--method pathsub",
        cure: "give a --ratio below 1", isUsage: true)
    }
    var resolved = MaskSub(method, ratio: share, subWeight: subWeight)
    resolved.selection = recipe.masking
    return resolved
  }
}
