import SubCore
import SubNN

/// The relative positions of a class token and a grid of patches, as BEiT numbers them: (2g−1)² differences of patches,
/// then class → patch, patch → class, class → class.
struct RelativePositions {
  /// Patches along a side.
  let grid: Int

  /// Rows of a table.
  var count: Int { (2 * grid - 1) * (2 * grid - 1) + 3 }

  /// The row of every pair (query, key), row-major over the class token and the patches in raster order.
  var index: [Int] {
    let (span, tokens) = (2 * grid - 1, grid * grid + 1)
    var index = [Int](repeating: 0, count: tokens * tokens)
    for query in 0..<tokens {
      for key in 0..<tokens {
        index[query * tokens + key] =
          switch (query, key) {
          case (0, 0): count - 1
          case (0, _): count - 3
          case (_, 0): count - 2
          default:
            ((query - 1) / grid - (key - 1) / grid + grid - 1) * span
              + (query - 1) % grid - (key - 1) % grid + grid - 1
          }
      }
    }
    return index
  }
}

/// The row of every pair of tokens on a device, made once for all blocks of a model.
final class RelativePositionIndex {
  let positions: RelativePositions
  private var cached: Tensor?

  init(_ positions: RelativePositions) { self.positions = positions }

  /// i32 [T·T].
  func tensor(on device: Device) -> Tensor {
    if let cached, cached.device == device { return cached }
    let index = Tensor(indices: positions.index, on: device)
    cached = index
    return index
  }
}

/// Relative position biases of one block or of all. Key: `relative_position_bias_table` [(2g−1)²+3, heads].
final class RelativePositionBias: Module, ScoreBias {
  let relativePositionBiasTable: Parameter
  private let index: RelativePositionIndex

  init(heads: Int, _ index: RelativePositionIndex) {
    relativePositionBiasTable = Parameter([index.positions.count, heads], .zeros)
    self.index = index
  }

  func scores(on device: Device) -> Tensor {
    let (table, tokens) = (relativePositionBiasTable, index.positions.grid * index.positions.grid + 1)
    return table.tensor.gatherRows(index.tensor(on: device)).transposed()
      .reshaped([table.shape[1], tokens, tokens])
  }
}
