import SubCore
import SubData
import SubNN
public import SubTrain

/// The Swin transformers (Liu et al. 2021).
public struct SwinFamily: VisionFamily {
  public let name = "Swin transformer"
  public let key = "swin_transformer"
  public let namings: [Naming] = [.officialSwin, .timmSwin]

  /// The family.
  public init() {}

  public var variants: [(name: String, configuration: any VisionConfiguration)] {
    SwinConfig.variants.map { ($0.name, $0.config) }
  }

  public var timmArguments: TimmArguments {
    TimmArguments(
      free: TimmArguments.common.union([
        "img_size", "patch_size", "embed_dim", "depths", "num_heads", "window_size", "mlp_ratio", "qkv_bias",
        "strict_img_size", "dynamic_img_size",
      ]),
      limited: ["always_partition": [false], "norm_layer": [.null]])
  }

  public func recognised(
    _ weights: Weights, like variant: (any VisionConfiguration)?, beside notes: ModelNotes
  ) throws -> RecognisedModel {
    _ = try notes.pool(among: ["avg"], for: weights)
    let hint = variant as? SwinConfig
    let found = try SwinRecognition(weights, like: hint, beside: notes)
    var config = found.config
    // A head that has to be begun starts at zero in official finetuning.
    config.headDeviation = 0
    if let hint {
      config.cell = hint.cell
      guard config.patchSize == hint.patchSize else {
        throw InputError(
          "the weights are not those of a \(hint.summary): \(config.summary)", at: weights.place,
          cure: "name the model that the weights belong to, or none")
      }
    }
    return RecognisedModel(config, guesses: found.guessesImageSize ? [RecognisedModel.imageSize] : [])
  }

  public func recipe(following configuration: any VisionConfiguration) -> String {
    if configuration.imageSize <= 64 { return "swin-shapes" }
    return configuration.imageSize > 224 ? "swin-b-384" : "swin-b-22kto1k"
  }

  public func tensorNames(of weights: Weights) throws -> [String] {
    SwinTransformer(try SwinRecognition(weights).config).namedParameters().map(\.name)
  }
}
