public import SubCore

/// Images and captions, ready for a model.
public struct CaptionBatch: Sendable {
  /// Normalised f32 `[B, 3, size, size]`.
  public let images: HostArray
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
