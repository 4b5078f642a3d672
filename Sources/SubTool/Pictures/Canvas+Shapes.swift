#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

// Shapes whose edges lie anywhere: a pixel has as much of the colour as the shape covers of it.
extension Canvas {
  /// Draws lines at once: where they meet or cross they are no darker. A line of one point is a dot.
  mutating func stroke(_ lines: [[PlotPoint]], _ colour: Colour, width thickness: Double) {
    let all = lines.joined()
    guard let left = all.map(\.x).min(), let right = all.map(\.x).max(), let top = all.map(\.y).min(),
      let bottom = all.map(\.y).max()
    else { return }
    let reach = thickness / 2 + 1
    func clamped(_ value: Double, _ count: Int) -> Int { Int(min(Double(count), max(0, value))) }
    let (x0, x1) = (clamped(left - reach, width), clamped(right + reach + 1, width))
    let (y0, y1) = (clamped(top - reach, height), clamped(bottom + reach + 1, height))
    guard x0 < x1, y0 < y1 else { return }
    var cover = [Double](repeating: 0, count: (x1 - x0) * (y1 - y0))
    for line in lines {
      for (a, b) in zip(line, line.count == 1 ? line[...] : line.dropFirst()) {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let squared = dx * dx + dy * dy
        let rows = (clamped(min(a.y, b.y) - reach, height), clamped(max(a.y, b.y) + reach + 1, height))
        let columns = (clamped(min(a.x, b.x) - reach, width), clamped(max(a.x, b.x) + reach + 1, width))
        for y in rows.0..<rows.1 {
          for x in columns.0..<columns.1 {
            let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
            let along = squared > 0 ? min(1, max(0, (px * dx + py * dy) / squared)) : 0
            let distance = hypot(px - along * dx, py - along * dy)
            let place = (y - y0) * (x1 - x0) + x - x0
            cover[place] = max(cover[place], min(1, max(0, thickness / 2 + 0.5 - distance)))
          }
        }
      }
    }
    // Lines thinner than a pixel are paler, not thinner.
    let strength = min(1, thickness)
    for y in y0..<y1 {
      for x in x0..<x1 { blend(x, y, colour, share: cover[(y - y0) * (x1 - x0) + x - x0] * strength) }
    }
  }

  /// Fills what closed outlines hold; one drawn the other way round inside another is a hole. `share` of the colour.
  mutating func fill(_ outlines: [[PlotPoint]], _ colour: Colour, share: Double = 1) {
    let all = outlines.joined()
    guard let left = all.map(\.x).min(), let right = all.map(\.x).max(), let top = all.map(\.y).min(),
      let bottom = all.map(\.y).max()
    else { return }
    let (x0, y0) = (Int(left.rounded(.down)), Int(top.rounded(.down)))
    var area = CoveredArea(width: Int(right.rounded(.up)) - x0 + 1, height: Int(bottom.rounded(.up)) - y0 + 1)
    for line in outlines {
      for (index, a) in line.enumerated() {
        let b = line[(index + 1) % line.count]
        area.add(
          PlotPoint(a.x - Double(x0), a.y - Double(y0)), PlotPoint(b.x - Double(x0), b.y - Double(y0)))
      }
    }
    area.visit { x, y, part in blend(x0 + x, y0 + y, colour, share: part * share) }
  }
}

/// How much of every pixel outlines cover, exactly. An edge changes the cover of all pixels to its right; a row's sums from the
/// left are what is covered.
private struct CoveredArea {
  private let columns, height: Int
  private var changes: [Double]

  init(width: Int, height: Int) {
    (columns, self.height) = (width + 1, height)
    changes = Array(repeating: 0, count: columns * height)
  }

  /// An edge between two points, none of which lies outside.
  mutating func add(_ a: PlotPoint, _ b: PlotPoint) {
    guard a.y != b.y else { return }
    let (sign, from, to) = a.y < b.y ? (1.0, a, b) : (-1.0, b, a)
    let slope = (to.x - from.x) / (to.y - from.y)
    let (least, most) = (min(a.x, b.x), max(a.x, b.x))
    var x = from.x
    for row in Int(from.y.rounded(.down))..<min(height, Int(to.y.rounded(.up))) {
      let rise = min(Double(row + 1), to.y) - max(Double(row), from.y)
      // Rounding must not lead out of the area.
      let next = min(most, max(least, x + slope * rise))
      cross(row, min(x, next), max(x, next), sign * rise)
      x = next
    }
  }

  /// What an edge within a row, from `low` to `high`, changes: so much of every pixel as lies to its right.
  private mutating func cross(_ row: Int, _ low: Double, _ high: Double, _ rise: Double) {
    let (first, last) = (Int(low.rounded(.down)), Int(high.rounded(.down)))
    var before = 0.0
    for column in first...last {
      // The mean over the edge of what lies to its right in this pixel.
      let (left, right) = (Double(column), Double(column + 1))
      let inside = min(right, high) - max(left, low)
      let share = high > low ? inside / (high - low) : 1
      let passed = high > low ? max(0, left - low) / (high - low) : 0
      let covered = share * (right - (max(left, low) + min(right, high)) / 2) + passed
      changes[row * columns + column] += rise * (covered - before)
      before = covered
    }
    changes[row * columns + last + 1] += rise * (1 - before)
  }

  /// Every pixel that is covered, and how much.
  func visit(_ body: (_ x: Int, _ y: Int, _ part: Double) -> Void) {
    for y in 0..<height {
      var sum = 0.0
      for x in 0..<columns {
        sum += changes[y * columns + x]
        let part = min(1, abs(sum))
        if part > 1e-6 { body(x, y, part) }
      }
    }
  }
}
