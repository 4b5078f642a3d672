import VisionSub

/// What settles which network a vision model is.
struct NetworkOptions: OptionGroup {
  static let title = "Model"
  @Option(
    "--architecture", value: "NAME", default: "what config.json says",
    "the network of timm's that the weights are to be taken for")
  var architecture: String?
}

/// What settles a vision model.
struct VisionModelOptions: OptionGroup {
  static let title = "Model"
  @Option("--readout", default: "what the files say, else a guess", "what a vision transformer's head reads")
  var readout: VisionTransformerConfig.Readout?
  let network = NetworkOptions()
  @Option("--image-size", in: 1...4096, default: "the model's own", "the side of the images, in pixels")
  var imageSize: Int?
}

/// What settles a CLIP.
struct ClipOptions: OptionGroup {
  static let title = "Model"
  @Option var vocabulary: String?
  @Option("--text-heads", in: 1...4096, default: "what the files say, else a guess", "heads of a CLIP's text tower")
  var textHeads: Int?

  /// `standard`: the merges file where none is named.
  init(standard: String = "the one beside the weights, else CLIP's own") {
    _vocabulary = Option("--vocab", value: "FILE", default: standard, "a CLIP's merges file")
  }
}

extension VisionTransformerConfig.Readout: OptionValue {}
