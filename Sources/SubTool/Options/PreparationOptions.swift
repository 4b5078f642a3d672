import SubCore
import SubData
import VisionSub

/// How evaluated images are prepared, where it is to be otherwise than the weights' files say.
struct PreparationOptions: OptionGroup {
  static let title = "Images"
  @Option("--mean", value: "R,G,B", default: "what lies beside the weights, else the recipe's", "means from 0 to 1")
  var mean: PixelNumbers?
  @Option("--deviation", value: "R,G,B", default: "what lies beside the weights, else the recipe's", "deviations")
  var deviation: PixelNumbers?
  @Option(
    "--crop-ratio", in: 0.01...1, default: "what lies beside the weights, else the recipe's",
    "the share of the shorter side that the middle square takes")
  var cropRatio: Double?
  @Option(
    "--resize", in: 1...4096, default: "by --crop-ratio", "the shorter side before the middle is cut out, in pixels")
  var resize: Int?
  @Option(
    "--crop-mode", default: "what lies beside the weights, else the recipe's",
    "center keeps an image's aspect ratio, squash makes its sides equal")
  var mode: ImagePreparation.Mode?
  @Option("--interpolation", default: "what lies beside the weights, else bicubic", "how images are resized")
  var interpolation: Interpolation?

  /// What the options tell.
  func told() throws -> ImagePreparation {
    if let deviation, deviation.numbers.contains(where: { $0 <= 0 }) {
      throw InputError("a deviation of 0 or less", at: "--deviation", cure: "give numbers above 0", isUsage: true)
    }
    let given = [
      ("--mean", mean != nil), ("--deviation", deviation != nil), ("--crop-ratio", cropRatio != nil),
      ("--resize", resize != nil), ("--crop-mode", mode != nil), ("--interpolation", interpolation != nil),
    ].filter(\.1).map(\.0)
    return ImagePreparation(
      mean: mean?.numbers, deviation: deviation?.numbers,
      crop: resize.map { .resize($0) } ?? cropRatio.map { .ratio($0) }, mode: mode, interpolation: interpolation,
      sources: given.isEmpty ? [] : [given.joined(separator: ", ")])
  }
}

/// Three numbers with commas between.
struct PixelNumbers: OptionValue {
  let numbers: [Float]

  static var placeholder: String { "R,G,B" }
  static var expectation: String { "three numbers with commas between, or one for all three" }
  static func parse(_ text: String, after previous: PixelNumbers?) -> PixelNumbers? {
    Normalization.numbers(text).map(PixelNumbers.init)
  }
  var defaultText: String? { Normalization.text(numbers) }
}

extension ImagePreparation.Mode: OptionValue {}
extension Interpolation: OptionValue {}
extension ClassOrder: OptionValue {}
