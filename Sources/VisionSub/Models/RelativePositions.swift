import SubCore

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

/// A table of relative position biases [(2g−1)²+3, heads].
enum RelativeBiasTable {
  static func parameter(grid: Int, heads: Int) -> Parameter {
    Parameter([RelativePositions(grid: grid).count, heads], .zeros, key: "relative_position_bias_table")
  }

  /// The bias of every head and pair: [heads, T, T] from the table and the index of every pair [T·T].
  static func bias(_ table: Parameter, _ index: Tensor, tokens: Int) -> Tensor {
    table.tensor.gatherRows(index).transposed().reshaped([table.shape[1], tokens, tokens])
  }
}
