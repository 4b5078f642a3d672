import SubCore
import SubData
import SubTrain
import VisionSub

/// The inputs of `predict` and `embed`.
struct InferenceOptions: OptionGroup {
  static let title = "Inputs"
  @Argument(
    "INPUT", "a picture or a folder of pictures, or a text; without any, lines of standard input: paths, or texts")
  var inputs: [String]
  @Option(
    "--data", value: "PATH", default: "none",
    "pictures as eval takes them, or a file with a text a line (tab between the texts of a pair)")
  var data: String?
  @Flag("--pairs", "texts come two by two") var pairs: Bool
  @Option("--batch", in: 1...65536, "inputs at once") var batch = 64
  @Option("--workers", in: 0...256, default: "half of the cores, at most 8", "threads that prepare images")
  var workers: Int?
  @Option("--max-broken", in: 0...1_000_000_000, "unreadable pictures that are left out before it is an error")
  var maxBroken = 100
  @Option("--max-length", in: 2...1 << 20, default: "the run's own, else the model's positions", "tokens of a text")
  var maxLength: Int?
}

/// What settles a model of any kind.
struct ModelOptions: OptionGroup {
  static let title = "Model"
  @Option("--readout", default: "what the files say, else a guess", "what a vision transformer's head reads")
  var readout: VisionTransformerConfig.Readout?
  @Option("--image-size", in: 1...4096, default: "the model's own", "the side of the images, in pixels")
  var imageSize: Int?
  @Option("--vocab", value: "FILE", default: "the one beside the weights, else CLIP's own", "a CLIP's merges file")
  var vocabulary: String?
  @Option("--text-heads", in: 1...4096, default: "what the files say, else a guess", "heads of a CLIP's text tower")
  var textHeads: Int?
}
