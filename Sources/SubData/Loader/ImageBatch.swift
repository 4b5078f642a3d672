public import SubCore

/// A batch of pictures, ready for a model.
public struct ImageBatch: Sendable {
  /// The bytes of the pictures, of `size` by `size` pixels, and how a device makes numbers of them.
  public let pixels: PixelBatch
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

  /// How many pictures there are.
  public var count: Int { labels.count }
}
