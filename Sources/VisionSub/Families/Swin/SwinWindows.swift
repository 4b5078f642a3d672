import SubCore
import SubNN

/// The windows of a stage, those of its even blocks and the shifted ones of its odd blocks. They follow from the number
/// of images, so they are kept from one pass to the next.
final class SwinWindows {
  /// The side of the grid, and of its windows.
  let grid, window: Int
  private var cached: (samples: Int, device: Device, even: SequenceRows, odd: SequenceRows)?

  /// Windows of at most `window` tokens a side over grids of `grid`.
  init(grid: Int, window: Int) { (self.grid, self.window) = (grid, min(grid, window)) }

  /// The rows of a block.
  func rows(_ block: Int, samples: Int, on device: Device) -> SequenceRows {
    if cached?.samples != samples || cached?.device != device {
      func rows(shift: Int) -> SequenceRows {
        var rows = SequenceRows(Segments(count: samples, length: grid * grid, on: device))
        rows.windows = Windows(
          samples: samples, grid: (grid, grid), window: (window, window), shift: (shift, shift), on: device)
        return rows
      }
      cached = (samples, device, rows(shift: 0), rows(shift: grid > window ? window / 2 : 0))
    }
    return block % 2 == 0 ? cached!.even : cached!.odd
  }
}

/// Relative position biases within a window. Key: `relative_position_bias_table` [(2w−1)², heads].
final class WindowBias: Module, ScoreBias {
  private let relativePositionBiasTable: Parameter
  private let window: Int
  private var index: Tensor?

  init(heads: Int, window: Int) {
    let span = 2 * window - 1
    relativePositionBiasTable = Parameter([span * span, heads], .normal(deviation: 0.02))
    self.window = window
  }

  func scores(on device: Device) -> Tensor {
    let places = window * window
    return relativePositionBiasTable.tensor.gatherRows(pairs(on: device)).transposed()
      .reshaped([relativePositionBiasTable.shape[1], places, places])
  }

  /// The row of the table for every pair of places (query, key): i32 [w⁴].
  private func pairs(on device: Device) -> Tensor {
    if let index, index.device == device { return index }
    let (places, span) = (window * window, 2 * window - 1)
    let rows = (0..<places * places).map { pair in
      let (query, key) = (pair / places, pair % places)
      let (down, across) = (query / window - key / window, query % window - key % window)
      return (down + window - 1) * span + across + window - 1
    }
    let made = Tensor(indices: rows, on: device)
    index = made
    return made
  }
}
