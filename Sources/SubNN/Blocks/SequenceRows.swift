public import SubCore

/// The rows of a batch of sequences, one behind the other without padding, and what attention has to know of them.
public struct SequenceRows {
  /// The rows of every sequence.
  public let segments: Segments
  /// Windows of a grid within which attention stays; the segments are the grids then. Nil: all of a sequence.
  public var windows: Windows?
  /// u8 [R]: 0 hides a row from all queries; nil: none is hidden.
  public var keyMask: Tensor?
  /// [heads, T, T], added to the scores of every block that has no bias of its own.
  public var scoreBias: Tensor?
  /// The number of the first row, where these are a part of a larger batch: what is dropped is a matter of the whole batch.
  public var firstRow = 0

  /// Plain rows.
  public init(_ segments: Segments, keyMask: Tensor? = nil, scoreBias: Tensor? = nil, firstRow: Int = 0) {
    (self.segments, self.keyMask, self.scoreBias, self.firstRow) = (segments, keyMask, scoreBias, firstRow)
  }
}
