public import SubCore

/// The relative positions of a square grid of tokens, (2g−1)² differences; with a class token before them also class →
/// token, token → class and class → class, as BEiT numbers them.
public struct RelativePositions: Sendable {
  /// Tokens along a side.
  public let grid: Int
  /// Whether a class token stands before the grid.
  public let hasClassToken: Bool

  /// The positions of `grid` × `grid` tokens.
  public init(grid: Int, hasClassToken: Bool = false) { (self.grid, self.hasClassToken) = (grid, hasClassToken) }

  /// T: the tokens, the class token among them.
  public var tokens: Int { grid * grid + (hasClassToken ? 1 : 0) }

  /// Rows of a table.
  public var count: Int { (2 * grid - 1) * (2 * grid - 1) + (hasClassToken ? 3 : 0) }

  /// The row of every pair (query, key), row-major over the class token and the grid in raster order.
  public var index: [Int] {
    let (span, tokens, first) = (2 * grid - 1, tokens, hasClassToken ? 1 : 0)
    return (0..<tokens * tokens).map { pair in
      let (query, key) = (pair / tokens - first, pair % tokens - first)
      return switch (query, key) {
      case (-1, -1): count - 1
      case (-1, _): count - 3
      case (_, -1): count - 2
      default: (query / grid - key / grid + grid - 1) * span + query % grid - key % grid + grid - 1
      }
    }
  }
}

/// The row of every pair of tokens on a device, made once for all blocks that share it.
public final class RelativePositionIndex {
  /// Whose rows they are.
  public let positions: RelativePositions
  private var cached: Tensor?

  /// An index that is made when it is first needed.
  public init(_ positions: RelativePositions) { self.positions = positions }

  /// i32 [T·T].
  public func tensor(on device: Device) -> Tensor {
    if let cached, cached.device == device { return cached }
    let index = Tensor(indices: positions.index, on: device)
    cached = index
    return index
  }
}

/// Relative position biases of one block or of several. Key: `relative_position_bias_table` [rows, heads].
public final class RelativePositionBias: Module, ScoreBias {
  private let relativePositionBiasTable: Parameter
  private let index: RelativePositionIndex

  /// A table over the positions of `index`.
  public init(heads: Int, _ index: RelativePositionIndex, start: Initializer) {
    relativePositionBiasTable = Parameter([index.positions.count, heads], start)
    self.index = index
  }

  public func scores(on device: Device) -> Tensor {
    let (table, tokens) = (relativePositionBiasTable, index.positions.tokens)
    return table.tensor.gatherRows(index.tensor(on: device)).transposed()
      .reshaped([table.shape[1], tokens, tokens])
  }
}
