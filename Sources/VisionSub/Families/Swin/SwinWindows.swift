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
