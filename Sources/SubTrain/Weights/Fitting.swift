import SubCore

/// How a tensor of one size becomes one of another: what a model of other images, windows or texts does with positions.
public enum Fitting: Sendable, Equatable {
  /// `prefix` rows that stay, then a square grid of rows, by bicubic interpolation (`antialiased` as open_clip does it).
  case grid(prefix: Int, antialiased: Bool = false)
  /// Rows along a line, linearly.
  case line
  /// BEiT's table of relative positions, (2g−1)² + 3 rows: a geometric progression and cubic splines.
  case relativeBias

  /// [rows, width] values as [`rows`, width]; nil where the shapes do not allow it. f64.
  func fitted(_ array: @autoclosure () throws -> HostArray, from old: [Int], to new: [Int]) rethrows -> HostArray? {
    guard old.count == 2, new.count == 2, old[1] == new[1], old[0] > 0, new[0] > 0 else { return nil }
    let (from, to, width) = (old[0], new[0], old[1])
    switch self {
    case .grid(let prefix, let antialiased):
      guard let source = Self.root(from - prefix), let target = Self.root(to - prefix) else { return nil }
      let values = try array().doubles()
      let resampling: Resampling = antialiased ? .antialiasedBicubic : .bicubic
      let grid = resampling.grid(Array(values[(prefix * width)...]), from: source, to: target, width: width)
      return HostArray(Array(values[..<(prefix * width)]) + grid, shape: new, dtype: .f64)
    case .line:
      let rows = Resampling.linear.line(try array().doubles(), from: from, to: to, width: width)
      return HostArray(rows, shape: new, dtype: .f64)
    case .relativeBias:
      guard let source = Self.root(from - 3), let target = Self.root(to - 3), source > 3, source % 2 == 1,
        target % 2 == 1
      else { return nil }
      let table = RelativeBiasFitting.resize(
        try array().doubles(), from: (source + 1) / 2, to: (target + 1) / 2, heads: width)
      return HostArray(table, shape: new, dtype: .f64)
    }
  }

  /// The whole root of a square; nil for other numbers.
  package static func root(_ square: Int) -> Int? {
    guard square > 0 else { return nil }
    let root = Int(Double(square).squareRoot().rounded())
    return root * root == square ? root : nil
  }
}
