public import SubCore
public import SubData
public import SubNN
import SubTrain

// What the numbers make of a model.
extension VisionRecipe {
  /// The model to train: the named variant, or what was loaded, with the recipe's head, size and stochastic depth.
  public func configuration(
    classes: Int, from loaded: (any VisionConfiguration)? = nil
  ) throws -> any VisionConfiguration {
    try check()
    guard var config = loaded ?? VisionFamilies.configuration(named: model.name) else {
      preconditionFailure("VisionRecipe: \(model.name) was checked")
    }
    let sizes = model.sizes
    if !sizes.isEmpty {
      guard loaded == nil else {
        throw InputError(
          "the sizes of the network are those of the weights", at: "--set model.*", cure: "leave them out",
          isUsage: true)
      }
      try config.take(sizes)
    }
    config.classes = classes
    config.imageSize = data.imageSize
    config.dropPath = Float(model.dropPath)
    config.follow(self)
    do { try config.validate(at: "recipe \(name)") } catch {
      // The weights were valid as they came: it is the recipe's settings that do not fit them.
      let settings = sizes.isEmpty ? "image_size" : "image_size, model.width, model.heads, model.patch"
      throw InputError(error.what, at: error.place, cure: "\(error.cure) (--set \(settings))", isUsage: true)
    }
    return config
  }

  /// The rates of every parameter of a model.
  public func groups(_ set: ParameterSet, _ config: any VisionConfiguration) -> ParameterGroups {
    ParameterGroups(
      set, weightDecay: optimizer.weightDecay, rule: config.decayRule,
      layers: optimizer.layerDecay < 1 ? LayerDecay(optimizer.layerDecay, over: config.layers) : nil)
  }

  /// The optimizer of a model's parameters.
  public func makeOptimizer(_ set: ParameterSet, _ config: any VisionConfiguration) -> any Optimizer {
    optimizer.make(set, groups(set, config), config.published)
  }

  /// The loss. Smoothing is in the targets of its batches.
  public var objective: Loss {
    switch loss.name {
    case .crossEntropy: .crossEntropy
    case .binaryCrossEntropy: .binaryCrossEntropy
    }
  }

  /// What the main branch's loss is told of the images of a batch, [N, classes]: mixed, binarized and smoothed as it sees
  /// them.
  public func targets(of batch: ImageBatch, classes: Int) -> HostArray {
    guard let mixed = batch.targets else {
      return MixPlan.none.targets(labels: batch.labels, classes: classes, smoothing: loss.smoothing)
    }
    return loss.binarizes ? VisionBatches.binarized(mixed) : mixed
  }
}
