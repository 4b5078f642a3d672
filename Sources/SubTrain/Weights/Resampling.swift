/// Separable interpolation of rows of features along a line or over a square grid, as PyTorch's `interpolate` with
/// `align_corners=False` does it.
enum Resampling {
  /// Two taps: text positions in open_clip.
  case linear
  /// Keys' kernel with a = −0.75, four taps, indices held at the border, no antialiasing: MAE, DeiT-III, timm.
  case bicubic
  /// Keys' kernel with a = −0.5, stretched where the grid shrinks: open_clip's image positions.
  case antialiasedBicubic

  /// Rows [from, width] → [to, width].
  func line(_ rows: [Double], from: Int, to: Int, width: Int) -> [Double] {
    precondition(rows.count == from * width, "Resampling: \(rows.count) values for \(from) × \(width)")
    guard from != to else { return rows }
    var resized = [Double](repeating: 0, count: to * width)
    for output in 0..<to {
      for (input, weight) in taps(at: output, from: from, to: to) {
        let (source, target) = (input * width, output * width)
        for feature in 0..<width { resized[target + feature] += weight * rows[source + feature] }
      }
    }
    return resized
  }

  /// Rows [from², width] in raster order → [to², width]: along x, then along y.
  func grid(_ rows: [Double], from: Int, to: Int, width: Int) -> [Double] {
    precondition(rows.count == from * from * width, "Resampling: \(rows.count) values for \(from)² × \(width)")
    guard from != to else { return rows }
    let across = (0..<from).flatMap { y in
      line(Array(rows[y * from * width..<(y + 1) * from * width]), from: from, to: to, width: width)
    }
    return line(across, from: from, to: to, width: to * width)
  }

  /// The inputs of an output and their weights.
  private func taps(at output: Int, from: Int, to: Int) -> [(index: Int, weight: Double)] {
    let scale = Double(from) / Double(to)
    let centre = (Double(output) + 0.5) * scale
    switch self {
    case .linear:
      let place = max(0, centre - 0.5)
      let low = min(Int(place), from - 1)
      let share = place - Double(low)
      return [(low, 1 - share), (min(low + 1, from - 1), share)]
    case .bicubic:
      let place = centre - 0.5
      let first = place.rounded(.down)
      return (-1...2).map { offset in
        let distance = abs(place - first - Double(offset))
        return (min(max(Int(first) + offset, 0), from - 1), Self.keys(distance, a: -0.75))
      }
    case .antialiasedBicubic:
      let stretch = max(1, scale)
      let first = max(0, Int(centre - 2 * stretch + 0.5))
      let end = min(from, Int(centre + 2 * stretch + 0.5))
      let weights = (first..<end).map { Self.keys(abs((Double($0) - centre + 0.5) / stretch), a: -0.5) }
      let sum = weights.reduce(0, +)
      return zip(first..<end, weights).map { ($0, $1 / sum) }
    }
  }

  /// Keys' cubic convolution kernel (1981).
  private static func keys(_ x: Double, a: Double) -> Double {
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
