import SubCore
import SubTrain
import VisionSub

/// What settles what weights do not tell.
struct WeightOptions: OptionGroup {
  static let title = "Weights"
  @Option(
    "--weights", value: "KEY", default: "the average where there is one",
    "which of several weights: a key of a PyTorch file (model, model_ema), or a run's model or ema")
  var key: String?
  @Option("--heads", in: 1...4096, default: "what the files say, else a guess", "attention heads of a layer")
  var heads: Int?
  @Option("--activation", default: "what the files say, else a guess", "the function in MLPs") var activation: Name?

  /// Activations by the names that configurations give them.
  enum Name: String, CaseIterable, OptionValue {
    case gelu
    case quickGelu = "quick_gelu"

    var activation: Activation? { Activation(huggingFace: rawValue) }
  }

  var hints: WeightHints { WeightHints(key: key, heads: heads, activation: activation.flatMap(\.activation)) }

  /// The same of a CLIP.
  func hints(textHeads: Int?) -> WeightHints {
    var hints = hints
    hints.textHeads = textHeads
    return hints
  }
}

extension VisionTransformerConfig.Readout: OptionValue {}
