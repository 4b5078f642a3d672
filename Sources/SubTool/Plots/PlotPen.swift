/// With what a part of a plot is drawn.
enum PlotInk: Equatable {
  /// Letters; letters and marks that matter less; lines behind the curves.
  case text, faint, grid
  /// The colour of a series.
  case series(Int)

  /// How many colours there are before they come again.
  static var seriesCount: Int { lightSeries.count }

  /// On a light ground; the colours of series can be told apart by the colour-blind.
  var light: String {
    switch self {
    case .text: "#1f2328"
    case .faint: "#59636e"
    case .grid: "#e3e6ea"
    case .series(let number): Self.lightSeries[number % Self.seriesCount]
    }
  }

  /// On a dark ground.
  var dark: String {
    switch self {
    case .text: "#e6edf3"
    case .faint: "#9ea7b3"
    case .grid: "#30363d"
    case .series(let number): Self.darkSeries[number % Self.seriesCount]
    }
  }

  /// The name of its class in style sheets.
  var name: String {
    switch self {
    case .text: "it"
    case .faint: "if"
    case .grid: "ig"
    case .series(let number): "i\(number % Self.seriesCount)"
    }
  }

  /// Every ink once.
  static var all: [PlotInk] { [.text, .faint, .grid] + (0..<seriesCount).map { .series($0) } }

  private static let lightSeries = [
    "#0072b2", "#d55e00", "#00855f", "#a0448a", "#806000", "#117a8b", "#882255", "#555555",
  ]
  private static let darkSeries = [
    "#56b4e9", "#ff8c42", "#3ddc97", "#e58ac9", "#e6c229", "#6fd3dc", "#f0839c", "#bbbbbb",
  ]
}

/// What a plot is drawn with: SVG or pixels. Lengths are those of the plot, y downwards.
protocol PlotPen {
  /// A line through points; a single one is a dot.
  mutating func line(_ points: [PlotPoint], _ ink: PlotInk, width: Double)
  /// A pale area inside points.
  mutating func area(_ points: [PlotPoint], _ ink: PlotInk)
  /// Text whose base line begins (0), has its middle (0.5) or ends (1) at a point; `isTurned`: it is read from below.
  mutating func text(
    _ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double, isBold: Bool, isTurned: Bool)
}

extension PlotPen {
  mutating func text(_ text: String, at point: PlotPoint, _ ink: PlotInk, size: Double, anchor: Double = 0) {
    self.text(text, at: point, ink, size: size, anchor: anchor, isBold: false, isTurned: false)
  }
}
