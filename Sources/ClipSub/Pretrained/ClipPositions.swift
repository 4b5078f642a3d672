import SubCore

/// Position embeddings fitted to another number of positions: the image grid by antialiased bicubic interpolation with
/// the class token's row kept, text positions linearly, both as open_clip does (pixel centres, no aligned corners).
struct ClipPositions {
  /// The fitted shape.
  let shape: [Int]
  private let old: [Int]
  private let isGrid: Bool

  /// What becomes of a tensor of `shape`; nil where it is no position embedding or fits already.
  init?(_ name: String, _ old: [Int], _ config: ClipConfig) {
    guard old.count == 2 else { return nil }
    self.old = old
    switch name {
    case "visual.positional_embedding":
      let side = Int(Double(old[0] - 1).squareRoot().rounded())
      guard side > 0, side * side == old[0] - 1 else { return nil }
      (isGrid, shape) = (true, [config.image.patches + 1, old[1]])
    case "positional_embedding": (isGrid, shape) = (false, [config.text.contextLength, old[1]])
    default: return nil
    }
    if shape == old { return nil }
  }

  /// f32 values of the new shape.
  func fitted(_ array: HostArray) -> HostArray {
    let (values, width) = (array.doubles(), old[1])
    guard isGrid else {
      return HostArray(
        Self.resampled(values, [old[0], width], to: shape[0], Self.linear).map(Float.init), shape: shape)
    }
    let (from, to) = (Int(Double(old[0] - 1).squareRoot().rounded()), Int(Double(shape[0] - 1).squareRoot().rounded()))
    let grid = Array(values[width...])
    let columns = { (row: Int) in
      Self.resampled(Array(grid[row * from * width..<(row + 1) * from * width]), [from, width], to: to, Self.bicubic)
    }
    let across = (0..<from).flatMap(columns)
    let result = Self.resampled(across, [from, to * width], to: to, Self.bicubic)
    return HostArray((values[..<width] + result).map(Float.init), shape: shape)
  }

  private typealias Weights = (_ from: Int, _ to: Int, _ position: Int) -> [(index: Int, weight: Double)]

  /// Rows [n, w] → [to, w].
  private static func resampled(_ x: [Double], _ shape: [Int], to: Int, _ weights: Weights) -> [Double] {
    let width = shape[1]
    var y = [Double](repeating: 0, count: to * width)
    for row in 0..<to {
      for (index, weight) in weights(shape[0], to, row) {
        for column in 0..<width { y[row * width + column] += weight * x[index * width + column] }
      }
    }
    return y
  }

  /// PyTorch's linear interpolation without antialiasing.
  private static func linear(_ from: Int, _ to: Int, _ position: Int) -> [(index: Int, weight: Double)] {
    let centre = max(0, (Double(position) + 0.5) * Double(from) / Double(to) - 0.5)
    let low = min(Int(centre), from - 1)
    let share = centre - Double(low)
    return [(low, 1 - share), (min(low + 1, from - 1), share)]
  }

  /// PyTorch's antialiased bicubic: Keys' kernel with a = -0.5, stretched where the grid shrinks.
  private static func bicubic(_ from: Int, _ to: Int, _ position: Int) -> [(index: Int, weight: Double)] {
    let scale = Double(from) / Double(to)
    let stretch = max(1, scale)
    let centre = (Double(position) + 0.5) * scale
    let first = max(0, Int(centre - 2 * stretch + 0.5))
    let end = min(from, Int(centre + 2 * stretch + 0.5))
    var weights = (first..<end).map { (index: $0, weight: kernel((Double($0) - centre + 0.5) / stretch)) }
    let sum = weights.reduce(0) { $0 + $1.weight }
    for index in weights.indices { weights[index].weight /= sum }
    return weights
  }

  private static func kernel(_ distance: Double) -> Double {
    let (x, a) = (abs(distance), -0.5)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
  }
}
