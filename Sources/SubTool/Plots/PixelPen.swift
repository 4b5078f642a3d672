import SubData

/// Draws a plot on a canvas.
struct PixelPen: PlotPen {
  private var canvas: Canvas
  /// Pixels of a unit of length.
  private let scale: Double

  /// An empty picture of a plot's size.
  init(width: Double, height: Double, scale: Double) {
    canvas = Canvas(width: Int((width * scale).rounded()), height: Int((height * scale).rounded()))
    self.scale = scale
  }

  /// What was drawn.
  var picture: RGBImage { canvas.picture }

  mutating func line(_ points: [PlotPoint], _ ink: PlotInk, width: Double) {
    canvas.stroke([points.map(scaled)], Self.colour(ink), width: width * scale)
  }

  mutating func text(
    _ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double, isBold: Bool, isTurned: Bool
  ) {
    let font = PictureFont(size: size * scale, isBold: isBold)
    let (start, origin) = (-font.length(text) * anchor, scaled(point))
    let outlines = font.outlines(text).map { outline in
      outline.map { dot in
        isTurned
          ? PlotPoint(origin.x + dot.y, origin.y - start - dot.x)
          : PlotPoint(origin.x + start + dot.x, origin.y + dot.y)
      }
    }
    canvas.fill(outlines, Self.colour(ink))
  }

  mutating func area(_ points: [PlotPoint], _ ink: PlotInk) {
    canvas.fill([points.map(scaled)], Self.colour(ink), share: 0.16)
  }

  private func scaled(_ point: PlotPoint) -> PlotPoint { PlotPoint(point.x * scale, point.y * scale) }

  private static func colour(_ ink: PlotInk) -> Canvas.Colour {
    let value = Int(ink.light.dropFirst(), radix: 16) ?? 0
    return (UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255))
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
