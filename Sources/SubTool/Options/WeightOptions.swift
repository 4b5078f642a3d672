import SubCore
import SubTrain
import VisionSub

/// What settles what weights do not tell.
struct WeightOptions: OptionGroup {
  static let title = "Weights"
  let file = WeightKeyOptions(andOf: ", or a run's model or ema")
  @Option("--heads", in: 1...4096, default: "what the files say, else a guess", "attention heads of a layer")
  var heads: Int?
  @Option("--activation", default: "what the files say, else a guess", "the function in MLPs") var activation: Name?

  /// Activations by the names that configurations give them.
  enum Name: String, CaseIterable, OptionValue {
    case gelu
    case quickGelu = "quick_gelu"

    var activation: Activation? { Activation(huggingFace: rawValue) }
  }

  /// Which of several weights are meant.
  var key: String? { file.key }

  /// What they say of weights, with what settles a vision model or a CLIP.
  func hints(
    _ vision: VisionModelOptions? = nil, _ clip: ClipOptions? = nil, _ network: NetworkOptions? = nil
  ) -> WeightHints {
    WeightHints(
      key: key, heads: heads, textHeads: clip?.textHeads, activation: activation.flatMap(\.activation),
      imageSize: vision?.imageSize, readout: vision?.readout?.rawValue,
      architecture: (network ?? vision?.network)?.architecture)
  }
}
