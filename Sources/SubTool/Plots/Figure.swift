/// A point of a curve, or of a picture.
struct PlotPoint: Equatable {
  var x, y: Double

  init(_ x: Double, _ y: Double) { (self.x, self.y) = (x, y) }
}

/// A curve with what is around it.
struct PlotSeries: Equatable {
  /// What stands beside its end.
  var label: String
  /// The number of its colour, that of its group everywhere.
  var colour: Int
  /// Its points in order of x; y is finite.
  var points: [PlotPoint]
  /// How far runs lie on either side, at every point; empty: one run.
  var deviations: [Double] = []
}

/// Curves over common axes.
struct PlotPanel: Equatable {
  var title: String
  /// What the axes say: a quantity and its unit.
  var xLabel, yLabel: String
  var series: [PlotSeries]

  /// A panel without its empty curves; nil where that leaves none.
  init?(_ title: String, x: String, y: String, _ series: [PlotSeries]) {
    let drawn = series.filter { !$0.points.isEmpty }
    guard !drawn.isEmpty else { return nil }
    (self.title, xLabel, yLabel, self.series) = (title, x, y, drawn)
  }

  /// The axis of x, from 0 on.
  func horizontal(ticks: Int) -> PlotAxis {
    PlotAxis([0] + series.flatMap { $0.points.map(\.x) }, ticks: ticks, margin: 0)
  }

  /// The axis of y, bands included; logarithmic where values lie far apart.
  func vertical(ticks: Int) -> PlotAxis {
    let ends = series.flatMap { one in
      one.points.enumerated().flatMap { index, point in
        one.deviations.isEmpty ? [point.y] : [point.y - one.deviations[index], point.y + one.deviations[index]]
      }
    }
    let values = series.flatMap { $0.points.map(\.y) }
    let low = values.min() ?? 0
    if low > 0, (values.max() ?? 0) / low > 100 { return PlotAxis(logarithmic: values, ticks: ticks) }
    return PlotAxis(ends, ticks: ticks, margin: 0.05)
  }
}

/// Panels in the order in which they are read: one description for SVG, PNG and terminals.
struct Figure: Equatable {
  var title: String
  var panels: [PlotPanel]
}

extension [PlotPoint] {
  /// No more points than `count`: else each is the mean of as many neighbours.
  func thinned(to count: Int) -> [PlotPoint] {
    guard self.count > count else { return self }
    let share = (self.count + count - 1) / count
    return stride(from: 0, to: self.count, by: share).map { start in
      let some = self[start..<Swift.min(self.count, start + share)]
      let sum = some.reduce(PlotPoint(0, 0)) { PlotPoint($0.x + $1.x, $0.y + $1.y) }
      return PlotPoint(sum.x / Double(some.count), sum.y / Double(some.count))
    }
  }
}
