public import SubCore

/// A batch of pictures, ready for a model.
public struct ImageBatch: Sendable {
  /// The bytes of the pictures, of `size` by `size` pixels, and how a device makes numbers of them, part by part of those that
  /// are mixed together; where these are a rank's rows, also of the partners that they are mixed with.
  public let pixels: [PixelBatch]
  /// Which of those are the batch's pictures.
  public var own: Range<Int>
  /// The classes of the pictures themselves, also where they were mixed.
  public let labels: [Int]
  /// Soft targets f32 `[B, classes]` after mixing and smoothing; nil where the loader mixes nothing.
  public let targets: HostArray?
  /// The pictures' places in their source.
  public let indices: [Int]
  /// The epoch the batch belongs to.
  public let epoch: Int
  /// The batch's number within its epoch.
  public let number: Int
  /// The place of the first picture in the whole batch, where these are a rank's rows of it.
  public var first = 0

  /// How many pictures there are.
  public var count: Int { labels.count }

  /// Some of the pictures, mixed with the others as they are.
  func rows(_ range: Range<Int>) -> ImageBatch {
    func rows(_ array: HostArray) -> HostArray {
      let bytes = array.byteCount / max(1, array.shape[0])
      return HostArray(
        dtype: array.dtype, shape: [range.count] + array.shape.dropFirst(), buffer: array.buffer,
        byteOffset: array.byteOffset + range.lowerBound * bytes)
    }
    return ImageBatch(
      pixels: pixels, own: own.lowerBound + range.lowerBound..<own.lowerBound + range.upperBound,
      labels: Array(labels[range]), targets: targets.map(rows), indices: Array(indices[range]), epoch: epoch,
      number: number)
  }

  /// Parts of one batch, one behind the other, each mixed by itself. Only the first may have partners before its own
  /// pictures, and only the last behind them.
  static func joined(_ parts: [ImageBatch]) -> ImageBatch {
    guard parts.count > 1 else { return parts[0] }
    let (labels, indices) = (parts.flatMap(\.labels), parts.flatMap(\.indices))
    let targets = parts.compactMap(\.targets)
    let classes = targets.first?.shape.last ?? 0
    let start = parts[0].own.lowerBound
    return ImageBatch(
      pixels: parts.flatMap(\.pixels), own: start..<start + labels.count, labels: labels,
      targets: targets.isEmpty
        ? nil : HostArray(targets.flatMap { $0.floats() }, shape: [labels.count, classes]),
      indices: indices, epoch: parts[0].epoch, number: parts[0].number)
  }
}
