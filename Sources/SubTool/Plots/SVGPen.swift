import SubTrain

/// Draws as SVG. Inks are written as colours for a light ground, which a style sheet replaces on a dark one.
struct SVGPen: PlotPen {
  /// What was drawn.
  private(set) var elements = ""

  mutating func line(_ points: [PlotPoint], _ ink: PlotInk, width: Double) {
    guard let first = points.first else { return }
    let path = points.count == 1 ? "M\(Self.pair(first))h0" : "M" + points.map(Self.pair).joined(separator: "L")
    elements +=
      "<path class=\"s \(ink.name)\" stroke=\"\(ink.light)\" stroke-width=\"\(Self.number(width))\" d=\"\(path)\"/>\n"
  }

  mutating func area(_ points: [PlotPoint], _ ink: PlotInk) {
    let path = "M" + points.map(Self.pair).joined(separator: "L") + "Z"
    elements += "<path class=\"a \(ink.name)\" fill=\"\(ink.light)\" fill-opacity=\"0.16\" d=\"\(path)\"/>\n"
  }

  mutating func text(
    _ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double, isBold: Bool, isTurned: Bool
  ) {
    let anchors = [0.5: "middle", 1: "end"]
    let place = "x=\"\(Self.number(point.x))\" y=\"\(Self.number(point.y))\""
    elements +=
      "<text class=\"t \(ink.name)\" fill=\"\(ink.light)\" font-size=\"\(Self.number(size))\" \(place)"
      + (anchors[anchor].map { " text-anchor=\"\($0)\"" } ?? "") + (isBold ? " font-weight=\"600\"" : "")
      + (isTurned ? " transform=\"rotate(-90 \(Self.number(point.x)) \(Self.number(point.y)))\"" : "")
      + ">\(text.markup)</text>\n"
  }

  /// The rules for everything that is drawn, on light and dark grounds.
  static var style: String {
    let dark = PlotInk.all.map { ".s.\($0.name){stroke:\($0.dark)}.t.\($0.name),.a.\($0.name){fill:\($0.dark)}" }
    return ".s{fill:none;stroke-linejoin:round;stroke-linecap:round}.t{font-family:system-ui,sans-serif}"
      + "@media (prefers-color-scheme:dark){\(dark.joined())}"
  }

  /// A length with at most two decimals.
  static func number(_ value: Double) -> String {
    var text = value.fixed(2)[...]
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return String(text)
  }

  private static func pair(_ point: PlotPoint) -> String { "\(number(point.x)) \(number(point.y))" }
}

extension String {
  /// The text as SVG and HTML take it; what no XML may hold is a replacement character. Scalar by scalar: a mark above a sign
  /// makes one character of both.
  var markup: String {
    let parts = unicodeScalars.map { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "\t", "\n": String(scalar)
      case "\0"..<" ", "\u{fffe}", "\u{ffff}": "\u{fffd}"
      default: String(scalar)
      }
    }
    return parts.joined()
  }
}

extension PlotPanel {
  /// The panel as an SVG element, whose rules are `SVGPen.style`.
  var svg: String {
    var pen = SVGPen()
    PanelLayout(self).draw(with: &pen)
    let size = "\(SVGPen.number(PanelLayout.width)) \(SVGPen.number(PanelLayout.height))"
    return "<svg viewBox=\"0 0 \(size)\" role=\"img\" aria-label=\"\(title.markup)\">\n\(pen.elements)</svg>\n"
  }
}

extension Figure {
  /// The figure as an SVG file.
  var svg: String {
    var pen = SVGPen()
    draw(with: &pen)
    let (width, height) = (SVGPen.number(size.width), SVGPen.number(size.height))
    return """
      <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
      <style>\(SVGPen.style).g{fill:#fff}@media (prefers-color-scheme:dark){.g{fill:#0d1117}}</style>
      <rect class="g" width="100%" height="100%" fill="#fff"/>
      \(pen.elements)</svg>

      """
  }
}
