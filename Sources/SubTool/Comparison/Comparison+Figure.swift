import SubTrain

extension Comparison {
  /// The paper's Figure 2: over the steps the metric, the losses of whole and of masked inputs on the evaluation split, and
  /// the norms of both branches' gradients. Means over the seeds, with their standard deviation as a band. Where groups lie
  /// along an axis, first what they came to along it, and what the paper's came to.
  var figure: Figure {
    let norm = "L2 norm, weight 1"
    let drawn = groups.filter { !$0.runs.isEmpty }
    // No more curves in a panel than there are colours.
    let parts = stride(from: 0, to: drawn.count, by: PlotInk.seriesCount).map { start in
      Array(drawn[start..<min(drawn.count, start + PlotInk.seriesCount)])
    }
    let panels = parts.enumerated().flatMap { number, groups -> [PlotPanel?] in
      let part = parts.count > 1 ? " (\(number + 1) of \(parts.count))" : ""
      func panel(
        _ title: String, _ label: String, _ split: MetricsRecord.Split, _ key: (Group) -> String
      ) -> PlotPanel? {
        PlotPanel(
          title + part, x: "step", y: label,
          groups.enumerated().map { number, group in
            let curves = group.runs.map { $0.curve(key(group), of: split) }.filter { !$0.isEmpty }
            return Self.mean(curves, label: group.name, colour: number)
          })
      }
      return [
        panel("Validation: \(metricName)", metricName, .eval, metric(of:)),
        panel("Validation loss, whole inputs", "loss by the label", .eval) { _ in "loss_main" },
        panel("Validation loss, masked inputs", "loss by the label", .eval) { _ in "loss_sub" },
        panel("Gradient norm, main branch", norm, .train) { _ in "grad_norm_main" },
        panel("Gradient norm, sub-branch", norm, .train) { _ in "grad_norm_sub" },
        panel("Training loss by the label", "mean since the last line", .train) { _ in "loss_main_mean" },
      ]
    }
    return Figure(title: title, panels: (alongAxis + panels).compactMap { $0 })
  }

  /// The metric along the axis, here and in the paper, whose scale is another.
  private var alongAxis: [PlotPanel?] {
    guard let axis else { return [] }
    typealias Value = (mean: Double, deviation: Double?)
    func panel(_ title: String, _ told: (Row) -> Value?) -> PlotPanel? {
      let points: [(place: (curve: String, x: Double), value: Value)] = rows.compactMap { row in
        guard let place = row.group.place, let value = told(row) else { return nil }
        return (place, value)
      }
      let curves = points.reduce(into: [String]()) { names, point in
        if !names.contains(point.place.curve) { names.append(point.place.curve) }
      }
      return PlotPanel(
        title, x: axis, y: metricName,
        curves.enumerated().map { number, curve in
          let own = points.filter { $0.place.curve == curve }.sorted { $0.place.x < $1.place.x }
          let hasSpread = own.contains { $0.value.deviation != nil }
          return PlotSeries(
            label: curve, colour: number, points: own.map { PlotPoint($0.place.x, $0.value.mean) },
            deviations: hasSpread ? own.map { $0.value.deviation ?? 0 } : [])
        })
    }
    return [
      panel("\(metricName) by \(axis)") { row in row.metric.map { ($0.mean, $0.deviation) } },
      panel("In the paper") { row in row.group.paper.map { ($0.value, $0.deviation) } },
    ]
  }

  /// The mean of curves at the steps that all of them have.
  private static func mean(_ curves: [[PlotPoint]], label: String, colour: Int) -> PlotSeries {
    guard curves.count > 1 else {
      return PlotSeries(label: label, colour: colour, points: (curves.first ?? []).thinned(to: 300))
    }
    let values = curves.map { curve in
      Dictionary(curve.map { ($0.x, $0.y) }, uniquingKeysWith: { $1 })
    }
    let steps = curves[0].map(\.x).filter { step in values.allSatisfy { $0[step] != nil } }
    let spreads = steps.compactMap { step in Spread(values.compactMap { $0[step] }) }
    func thinned(_ numbers: [Double]) -> [PlotPoint] {
      zip(steps, numbers).map { PlotPoint($0, $1) }.thinned(to: 300)
    }
    return PlotSeries(
      label: label, colour: colour, points: thinned(spreads.map(\.mean)),
      deviations: thinned(spreads.map { $0.deviation ?? 0 }).map(\.y))
  }
}
