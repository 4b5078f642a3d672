/// Resizing of square grids of features as `torch.nn.functional.interpolate(mode="bicubic", align_corners=False)` does
/// it without antialiasing: Keys' kernel with a = −0.75, four taps, indices held at the border.
enum Bicubic {
  /// [source², width] rows in raster order → [target², width].
  static func resize(_ rows: [Double], from source: Int, to target: Int, width: Int) -> [Double] {
    precondition(rows.count == source * source * width, "Bicubic: \(rows.count) values for \(source)² × \(width)")
    guard source != target else { return rows }
    let taps = (0..<target).map { Self.taps(at: $0, from: source, to: target) }
    // Along x, then along y: the sums commute, and in double their order does not show.
    var middle = [Double](repeating: 0, count: source * target * width)
    for y in 0..<source {
      for x in 0..<target {
        for (column, weight) in taps[x] {
          let (from, into) = ((y * source + column) * width, (y * target + x) * width)
          for feature in 0..<width { middle[into + feature] += weight * rows[from + feature] }
        }
      }
    }
    var resized = [Double](repeating: 0, count: target * target * width)
    for y in 0..<target {
      for (row, weight) in taps[y] {
        let (from, into) = (row * target * width, y * target * width)
        for offset in 0..<target * width { resized[into + offset] += weight * middle[from + offset] }
      }
    }
    return resized
  }

  /// The source indices of an output and their weights.
  static func taps(at output: Int, from source: Int, to target: Int) -> [(index: Int, weight: Double)] {
    let position = (Double(output) + 0.5) * Double(source) / Double(target) - 0.5
    let first = position.rounded(.down)
    let t = position - first
    return (-1...2).map { offset in
      (min(max(Int(first) + offset, 0), source - 1), kernel(abs(t - Double(offset))))
    }
  }

  private static func kernel(_ distance: Double) -> Double {
    let a = -0.75
    let x = distance
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a }
    return 0
  }
}
