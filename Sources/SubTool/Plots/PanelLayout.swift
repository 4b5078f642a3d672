/// How a panel is laid out: title, axes with their labels, curves, and each one's name beside its end.
struct PanelLayout {
  /// The size of every panel.
  static let (width, height) = (420.0, 290.0)
  private static let (letters, gap) = (13.0, 16.0)
  /// The most that a curve's name takes, and the least that the curves do.
  private static let (longestName, leastPlot) = (140.0, 150.0)

  private let panel: PlotPanel
  private let origin: PlotPoint
  private let x, y: PlotAxis
  /// The curves' names.
  private let names: [String]
  /// The curves' own part of the panel.
  private let left, right, top, bottom: Double

  /// The layout of a panel whose upper left corner is at `origin`.
  init(_ panel: PlotPanel, at origin: PlotPoint = PlotPoint(0, 0)) {
    (self.panel, self.origin) = (panel, origin)
    (x, y) = (panel.horizontal(ticks: 4), panel.vertical(ticks: 5))
    let font = PictureFont(size: Self.letters)
    func widest(_ texts: [String]) -> Double { texts.map(font.length).max() ?? 0 }
    names = font.shortened(panel.series.map(\.label), to: Self.longestName)
    left = origin.x + 30 + widest(y.ticks.map(\.text))
    right = max(left + Self.leastPlot, origin.x + Self.width - 12 - max(8, widest(names)))
    (top, bottom) = (origin.y + 36, origin.y + Self.height - 44)
  }

  /// Draws everything.
  func draw(with pen: inout some PlotPen) {
    pen.text(
      panel.title, at: PlotPoint(origin.x + 8, origin.y + 20), .text, size: 14.5, anchor: 0, isBold: true,
      isTurned: false)
    for tick in y.ticks {
      let height = place(PlotPoint(x.low, tick.value)).y
      pen.line([PlotPoint(left, height), PlotPoint(right, height)], .grid, width: 1)
      pen.text(tick.text, at: PlotPoint(left - 6, height + 4.5), .faint, size: Self.letters, anchor: 1)
    }
    for tick in x.ticks {
      let place = place(PlotPoint(tick.value, y.low)).x
      pen.line([PlotPoint(place, bottom), PlotPoint(place, bottom + 4)], .faint, width: 1)
      pen.text(tick.text, at: PlotPoint(place, bottom + 18), .faint, size: Self.letters, anchor: 0.5)
    }
    pen.line([PlotPoint(left, bottom), PlotPoint(right, bottom)], .faint, width: 1)
    pen.text(
      panel.xLabel, at: PlotPoint((left + right) / 2, bottom + 36), .faint, size: Self.letters, anchor: 0.5)
    pen.text(
      panel.yLabel + (y.isLogarithmic ? " (log)" : ""), at: PlotPoint(origin.x + 16, (top + bottom) / 2), .faint,
      size: Self.letters, anchor: 0.5, isBold: false, isTurned: true)
    for series in panel.series where !series.deviations.isEmpty {
      func edge(_ sign: Double) -> [PlotPoint] {
        zip(series.points, series.deviations).map { place(PlotPoint($0.x, $0.y + sign * $1)) }
      }
      pen.area(edge(1) + edge(-1).reversed(), .series(series.colour))
    }
    for series in panel.series {
      let points = series.points.map(place)
      pen.line(points, .series(series.colour), width: 2)
      // Few points are shown as such: a curve of one would not be seen.
      if points.count <= 12 { for point in points { pen.line([point], .series(series.colour), width: 6) } }
    }
    for (number, height) in labelHeights.enumerated() {
      let ink = PlotInk.series(panel.series[number].colour)
      pen.text(names[number], at: PlotPoint(right + 8, height + 4.5), ink, size: Self.letters)
    }
  }

  private func place(_ point: PlotPoint) -> PlotPoint {
    PlotPoint(left + (right - left) * x.place(point.x), bottom - (bottom - top) * min(1, max(0, y.place(point.y))))
  }

  /// Where the names stand: beside the ends of their curves, none on another.
  private var labelHeights: [Double] {
    let ends = panel.series.map { series in series.points.last.map { place($0).y } ?? top }
    let order = ends.indices.sorted { ends[$0] < ends[$1] }
    var heights = ends
    for (rank, index) in order.enumerated() where rank > 0 {
      heights[index] = max(heights[index], heights[order[rank - 1]] + Self.gap)
    }
    // Pushed back up from the lower edge.
    for (rank, index) in order.enumerated().reversed() {
      let limit = rank == order.count - 1 ? bottom : heights[order[rank + 1]] - Self.gap
      heights[index] = min(heights[index], limit)
    }
    return heights
  }
}

extension Figure {
  /// Panels of a row in a picture.
  private static let columns = 2

  /// The size of a picture of all panels.
  var size: (width: Double, height: Double) {
    let rows = (panels.count + Self.columns - 1) / Self.columns
    return (
      PanelLayout.width * Double(min(Self.columns, max(1, panels.count))), 34 + PanelLayout.height * Double(rows)
    )
  }

  /// Draws the title and all panels.
  func draw(with pen: inout some PlotPen) {
    pen.text(title, at: PlotPoint(8, 24), .text, size: 17, anchor: 0, isBold: true, isTurned: false)
    for (number, panel) in panels.enumerated() {
      let (row, column) = (number / Self.columns, number % Self.columns)
      let origin = PlotPoint(Double(column) * PanelLayout.width, 34 + Double(row) * PanelLayout.height)
      PanelLayout(panel, at: origin).draw(with: &pen)
    }
  }
}
