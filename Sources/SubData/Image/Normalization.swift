/// The mean and standard deviation per channel that bring bytes to what a model was trained on.
public struct Normalization: Sendable, Equatable {
  /// Means of red, green and blue on the scale 0...1.
  public var mean: [Float]
  /// Standard deviations of red, green and blue on the scale 0...1.
  public var deviation: [Float]

  /// A normalisation by three means and three deviations.
  public init(mean: [Float], deviation: [Float]) {
    precondition(mean.count == 3 && deviation.count == 3, "Normalization: \(mean), \(deviation)")
    self.mean = mean
    self.deviation = deviation
  }

  /// ImageNet's statistics: DeiT-III, MAE, BEiT v2 (with its flag), Swin, RSB.
  public static let imageNet = Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// CLIP's statistics.
  public static let clip = Normalization(
    mean: [0.48145466, 0.4578275, 0.40821073], deviation: [0.26862954, 0.26130258, 0.27577711])
  /// Inception's ±1.
  public static let inception = Normalization(mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5])

  private static let named = [("imagenet", imageNet), ("clip", clip), ("inception", inception)]
  /// The names of the known ones.
  public static let names = named.map(\.0)
  /// A known one by its name.
  public init?(named name: String) {
    guard let known = Self.named.first(where: { $0.0 == name })?.1 else { return nil }
    self = known
  }
  /// The name of a known one.
  public var name: String? { Self.named.first { $0.1 == self }?.0 }

  /// Three numbers with commas between, or one for all three; nil for any other text.
  public static func numbers(_ text: String) -> [Float]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      Float(part.filter { $0 != " " }).flatMap { $0.isFinite && abs($0) <= 1e6 ? $0 : nil }
    }
    guard numbers.count == 3 || numbers.count == 1, let known = numbers as? [Float] else { return nil }
    return known.count == 1 ? [known[0], known[0], known[0]] : known
  }

  /// Numbers as such a text.
  public static func text(_ numbers: [Float]) -> String { numbers.map { $0.description }.joined(separator: ",") }

  /// The means as bytes: what fills the outside in geometric augmentations.
  public var fill: [UInt8] {
    mean.map { UInt8(min(255, max(0, (255 * Double($0)).rounded(.toNearestOrEven)))) }
  }

  /// The f32 value of every byte, 256 per channel: `(byte / 255 - mean) / deviation`, as torchvision computes it.
  var table: [Float] {
    (0..<3).flatMap { channel in (0..<256).map { (Float($0) / 255 - mean[channel]) / deviation[channel] } }
  }

  /// The picture that planar f32 `[3, height, width]` shows, clipped to bytes: for looking at what a model sees.
  public func image(planes: [Float], width: Int, height: Int) -> RGBImage {
    let count = width * height
    precondition(planes.count == 3 * count, "Normalization: \(planes.count) values for \(width)x\(height)")
    var pixels = [UInt8](repeating: 0, count: 3 * count)
    for channel in 0..<3 {
      for index in 0..<count {
        let value = (planes[channel * count + index] * deviation[channel] + mean[channel]) * 255
        pixels[3 * index + channel] = value > 0 ? UInt8(min(255, value.rounded())) : 0
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
