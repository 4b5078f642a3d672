import SubCore
import SubData
import SubNN
public import SubTrain

/// The ResNets (He et al. 2016) of timm and torchvision.
public struct ResNetFamily: VisionFamily {
  public let name = "ResNet"
  public let key = "resnet"
  public let namings: [Naming] = [.timmResNet]

  /// The family.
  public init() {}

  public var variants: [(name: String, configuration: any VisionConfiguration)] {
    ResNetConfig.variants.map { ($0.name, $0.config) }
  }

  public var timmArguments: TimmArguments {
    TimmArguments(
      free: TimmArguments.common.union(["layers", "channels"]),
      limited: [
        "act_layer": ["relu", .null], "norm_layer": [.null], "aa_layer": [.null], "output_stride": [32],
        "stem_type": [""], "replace_stem_pool": [false], "avg_down": [false],
      ])
  }

  public func recognised(
    _ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes
  ) throws -> RecognisedModel {
    // timm's fast one is the same mean.
    _ = try notes.pool(among: ["avg", "fast"], for: weights)
    var config = try ResNetRecognition(weights).config
    if let hint = variant as? ResNetConfig {
      guard config.block == hint.block else {
        throw InputError(
          "the weights are not those of a \(hint.summary): \(config.summary)", at: weights.place,
          cure: "name the model that the weights belong to, or none")
      }
      (config.cell, config.imageSize) = (hint.cell, hint.imageSize)
    }
    let side = try notes.hints.imageSize ?? notes.imageSize(of: weights)
    if let side { config.imageSize = side }
    return RecognisedModel(config, guesses: side == nil ? [RecognisedModel.imageSize] : [])
  }

  public func recipe(following configuration: any VisionConfiguration) -> String {
    if configuration.imageSize <= 64 { return "resnet-shapes" }
    let depth = (configuration as? ResNetConfig)?.depth ?? 50
    return "rsb-a2-resnet\(depth > 101 ? 152 : depth > 50 ? 101 : 50)"
  }

  public func tensorNames(of weights: Weights) throws -> [String] {
    let model = ResNet(try ResNetRecognition(weights).config)
    return model.namedParameters().map(\.name) + model.namedBuffers().map(\.name)
  }

  public func names(_ key: String, of weights: Weights) throws -> WeightNames? {
    ["timm", "official"].contains(key) ? WeightNames(.timmResNet) : nil
  }
}
