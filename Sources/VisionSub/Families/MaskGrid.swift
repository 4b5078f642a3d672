/// What a network puts where masking hides cells of an image.
public enum HiddenCells: Sendable {
  /// Nothing: their tokens are removed before any work is spent on them.
  case removed
  /// A learned mask token in the place of each one's own.
  case replaced
  /// Zeros in the place of normalised pixels, which is the mean colour.
  case zeroed
}

/// A square grid of cells over an image.
public struct MaskGrid: Sendable, Equatable {
  /// Cells along a side, and the side of a cell in pixels.
  public let side, pixels: Int

  /// A grid.
  public init(side: Int, pixels: Int) { (self.side, self.pixels) = (side, pixels) }

  /// Cells of an image.
  public var count: Int { side * side }
}
