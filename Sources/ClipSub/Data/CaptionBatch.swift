public import SubCore

/// Images and captions, ready for a model.
public struct CaptionBatch: Sendable {
  /// The bytes of the images, and how a device makes numbers of them. Of a batch that ranks share, these and the rest are one
  /// rank's rows.
  public let pixels: PixelBatch
  /// The ids of every caption with start and end, not padded, at most the context length.
  public let tokens: [[Int32]]
  /// The captions as they stand in the source.
  public let captions: [String]
  /// The classes, where the source names them.
  public let labels: [Int?]
  /// Where the data stands after this batch: a run resumed from here gets the next one.
  public let position: CaptionPosition

  /// How many pairs there are.
  public var count: Int { tokens.count }
}
