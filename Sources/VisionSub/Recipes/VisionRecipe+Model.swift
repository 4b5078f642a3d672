public import SubCore
public import SubNN
import SubTrain

// What the numbers make of a model.
extension VisionRecipe {
  /// The model to train: the named variant, or what was loaded, with the recipe's head, size and stochastic depth.
  public func configuration(
    classes: Int, from loaded: VisionTransformerConfig? = nil
  ) throws -> VisionTransformerConfig {
    try check()
    guard var config = loaded ?? VisionVariant.named(model.name) else {
      preconditionFailure("VisionRecipe: \(model.name) was checked")
    }
    config.classes = classes
    config.imageSize = data.imageSize
    config.readout = model.readout
    config.dropPath = Float(model.dropPath)
    // How a new head begins is part of a family's way of finetuning.
    if let own = VisionVariant.named(model.name) { config.headDeviation = own.headDeviation }
    // Finetuning gives every block a table of its own, as BEiT's does.
    if config.relativeBias == .shared { config.relativeBias = .perBlock }
    do { try config.validate(at: "recipe \(name)") } catch {
      // The weights were valid as they came: it is the recipe's settings that do not fit them.
      throw InputError(error.what, at: error.place, cure: "\(error.cure) (--set image_size)", isUsage: true)
    }
    return config
  }

  /// The rates of every parameter of a model.
  public func groups(_ set: ParameterSet, _ config: VisionTransformerConfig) -> ParameterGroups {
    let rule: DecayRule = config.relativeBias != .none ? .beit : config.hasPreNorm ? .clip : .positions
    return ParameterGroups(
      set, weightDecay: optimizer.weightDecay, rule: rule,
      layers: optimizer.layerDecay < 1 ? LayerDecay(optimizer.layerDecay, depth: config.depth) : nil)
  }

  /// The optimizer of a model's parameters.
  public func makeOptimizer(_ set: ParameterSet, _ config: VisionTransformerConfig) -> any Optimizer {
    optimizer.make(set, groups(set, config))
  }

  /// The loss. Where images are mixed, smoothing is in their labels already; it acts here on integer labels alone.
  public var objective: Loss {
    switch loss.name {
    case .crossEntropy: .crossEntropy(smoothing: Float(loss.smoothing))
    case .binaryCrossEntropy: .binaryCrossEntropy
    }
  }
}
