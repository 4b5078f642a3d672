import SubData

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Draws with antialiased pixels on a white ground.
struct PixelPen: PlotPen {
  private let width, height: Int
  /// Pixels of a unit of length.
  private let scale: Double
  private var pixels: [Float]

  /// An empty picture of a plot's size.
  init(width: Double, height: Double, scale: Double) {
    (self.width, self.height, self.scale) = (Int((width * scale).rounded()), Int((height * scale).rounded()), scale)
    pixels = Array(repeating: 255, count: 3 * self.width * self.height)
  }

  /// What was drawn.
  var picture: RGBImage { RGBImage(width: width, height: height, pixels: pixels.map { UInt8($0.rounded()) }) }

  mutating func line(_ points: [PlotPoint], _ ink: PlotInk, width: Double) {
    stroke([points.map { PlotPoint($0.x * scale, $0.y * scale) }], ink, width: width * scale)
  }

  mutating func text(
    _ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double, isBold: Bool, isTurned: Bool
  ) {
    let size = size * scale
    let start = -StrokeFont.width(text, size: size) * anchor
    let strokes = StrokeFont.strokes(text, size: size).map { stroke in
      stroke.map { dot in
        let along = start + dot.x
        return isTurned
          ? PlotPoint(point.x * scale + dot.y, point.y * scale - along)
          : PlotPoint(point.x * scale + along, point.y * scale + dot.y)
      }
    }
    stroke(strokes, ink, width: size * (isBold ? 0.11 : 0.08))
  }

  mutating func area(_ points: [PlotPoint], _ ink: PlotInk) {
    let points = points.map { PlotPoint($0.x * scale, $0.y * scale) }
    guard let low = points.map(\.y).min(), let high = points.map(\.y).max() else { return }
    let colour = Self.colour(ink)
    for y in max(0, Int(low))...min(height - 1, max(0, Int(high))) {
      // Where the row's middle enters and leaves.
      let row = Double(y) + 0.5
      let crossings = points.indices.compactMap { index -> Double? in
        let (a, b) = (points[index], points[(index + 1) % points.count])
        guard (a.y <= row) != (b.y <= row) else { return nil }
        return a.x + (row - a.y) / (b.y - a.y) * (b.x - a.x)
      }.sorted()
      for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
        let (from, to) = (max(0, Int(crossings[pair].rounded())), min(width, Int(crossings[pair + 1].rounded())))
        for x in from..<max(from, to) { blend(x, y, colour, 0.16) }
      }
    }
  }

  /// Draws lines at once: where they meet or cross they are no darker.
  private mutating func stroke(_ lines: [[PlotPoint]], _ ink: PlotInk, width: Double) {
    let all = lines.joined()
    guard let left = all.map(\.x).min(), let right = all.map(\.x).max(), let top = all.map(\.y).min(),
      let bottom = all.map(\.y).max()
    else { return }
    let reach = width / 2 + 1
    func clamped(_ value: Double, _ count: Int) -> Int { Int(min(Double(count), max(0, value))) }
    let (x0, x1) = (clamped(left - reach, self.width), clamped(right + reach + 1, self.width))
    let (y0, y1) = (clamped(top - reach, height), clamped(bottom + reach + 1, height))
    guard x0 < x1, y0 < y1 else { return }
    var cover = [Float](repeating: 0, count: (x1 - x0) * (y1 - y0))
    for line in lines {
      for (a, b) in zip(line, line.count == 1 ? line[...] : line.dropFirst()) {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let squared = dx * dx + dy * dy
        for y in clamped(min(a.y, b.y) - reach, height)..<max(y0, clamped(max(a.y, b.y) + reach + 1, height))
        where y >= y0 && y < y1 {
          for x in clamped(min(a.x, b.x) - reach, self.width)..<clamped(max(a.x, b.x) + reach + 1, self.width) {
            let (px, py) = (Double(x) + 0.5 - a.x, Double(y) + 0.5 - a.y)
            let along = squared > 0 ? min(1, max(0, (px * dx + py * dy) / squared)) : 0
            let distance = hypot(px - along * dx, py - along * dy)
            let part = Float(min(1, max(0, width / 2 + 0.5 - distance)))
            let place = (y - y0) * (x1 - x0) + x - x0
            cover[place] = max(cover[place], part)
          }
        }
      }
    }
    // Lines thinner than a pixel are paler, not thinner.
    let (strength, colour) = (Float(min(1, width)), Self.colour(ink))
    for y in y0..<y1 {
      for x in x0..<x1 {
        let part = cover[(y - y0) * (x1 - x0) + x - x0]
        if part > 0 { blend(x, y, colour, part * strength) }
      }
    }
  }

  private mutating func blend(_ x: Int, _ y: Int, _ colour: SIMD3<Float>, _ part: Float) {
    let place = (y * width + x) * 3
    for channel in 0..<3 { pixels[place + channel] += (colour[channel] - pixels[place + channel]) * part }
  }

  private static func colour(_ ink: PlotInk) -> SIMD3<Float> {
    let value = Int(ink.light.dropFirst(), radix: 16) ?? 0
    return SIMD3(Float(value >> 16 & 255), Float(value >> 8 & 255), Float(value & 255))
  }
}

extension Figure {
  /// The figure as a picture whose letters are read at their size.
  var picture: RGBImage {
    var pen = PixelPen(width: size.width, height: size.height, scale: 1.5)
    draw(with: &pen)
    return pen.picture
  }
}
