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
  /// Its points in order of x.
  var points: [PlotPoint]
  /// How far runs lie on either side, at every point; empty: one run.
  var deviations: [Double] = []

  /// The same at some of its points.
  private func picked(_ indices: [Int]) -> PlotSeries {
    var some = self
    some.points = indices.map { points[$0] }
    some.deviations = deviations.isEmpty ? [] : indices.map { deviations[$0] }
    return some
  }

  /// What an axis can hold of it: smaller values are 0, larger ones are left out.
  var drawable: PlotSeries {
    func isHeld(_ value: Double) -> Bool { abs(value) < PlotAxis.magnitudes.upperBound }
    var some = picked(points.indices.filter { isHeld(points[$0].y) && (deviations.isEmpty || isHeld(deviations[$0])) })
    some.points = some.points.map { PlotPoint($0.x, abs($0.y) < PlotAxis.magnitudes.lowerBound ? 0 : $0.y) }
    return some
  }

  /// No more points than `count`: both ends, and the lowest and the highest of as many neighbours.
  func thinned(to count: Int) -> PlotSeries {
    guard points.count > count else { return self }
    let shares = (count - 2) / 2
    let extremes = (0..<shares).flatMap { share in
      let some = (points.count * share / shares)..<(points.count * (share + 1) / shares)
      return [some.min { points[$0].y < points[$1].y }, some.max { points[$0].y < points[$1].y }].compactMap { $0 }
    }
    return picked(Set([0, points.count - 1] + extremes).sorted())
  }
}

/// Curves over common axes.
struct PlotPanel: Equatable {
  var title: String
  /// What the axes say: a quantity and its unit.
  var xLabel, yLabel: String
  var series: [PlotSeries]

  /// More points of a curve than that are not seen at its width.
  private static let mostPoints = 500

  /// A panel of what can be seen of curves, without the empty ones; nil where that leaves none.
  init?(_ title: String, x: String, y: String, _ series: [PlotSeries]) {
    let drawn = series.map { $0.drawable.thinned(to: Self.mostPoints) }.filter { !$0.points.isEmpty }
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
    if low > 0, (values.max() ?? 0) / low > 100 {
      // Of a band that reaches below 0 an axis of powers has the upper part.
      return PlotAxis(logarithmic: values + ends.filter { $0 >= PlotAxis.magnitudes.lowerBound }, ticks: ticks)
    }
    return PlotAxis(ends, ticks: ticks, margin: 0.05)
  }
}

/// Panels in the order in which they are read: one description for SVG, PNG and terminals.
struct Figure: Equatable {
  var title: String
  var panels: [PlotPanel]

  /// Everything that is written in it.
  var texts: [String] { [title] + panels.flatMap { [$0.title, $0.xLabel, $0.yLabel] + $0.series.map(\.label) } }
}
