import SubTrain

extension Comparison {
  /// The paper's Figure 2: over the steps the metric, the losses of whole and of masked inputs on the evaluation split, and
  /// the norms of both branches' gradients. Means over the seeds, with their standard deviation as a band. Where groups lie
  /// along an axis, first what they came to along it, and what the paper's came to.
  var figure: Figure {
    let drawn = groups.filter { !$0.runs.isEmpty }
    // No more curves in a panel than there are colours.
    let parts = stride(from: 0, to: drawn.count, by: PlotInk.seriesCount).map { start in
      Array(drawn[start..<min(drawn.count, start + PlotInk.seriesCount)])
    }
    let panels = parts.enumerated().flatMap { number, groups in
      quantities.map { quantity in
        PlotPanel(
          quantity.title + (parts.count > 1 ? " (\(number + 1) of \(parts.count))" : ""), x: "step", y: quantity.label,
          groups.enumerated().map { number, group in
            Self.mean(curves(quantity, of: group).filter { !$0.isEmpty }, label: group.name, colour: number)
          })
      }
    }
    return Figure(title: title, panels: (alongAxis + panels).compactMap { $0 })
  }

  /// What is drawn over the steps.
  private typealias Quantity = (
    title: String, label: String, split: MetricsRecord.Split, key: (_ group: Group) -> String
  )

  private var quantities: [Quantity] {
    let norm = "L2 norm, weight 1"
    return [
      ("Validation: \(metricName)", metricName, .eval, metric(of:)),
      ("Validation loss, whole inputs", "loss by the label", .eval, { _ in "loss_main" }),
      ("Validation loss, masked inputs", "loss by the label", .eval, { _ in "loss_sub" }),
      ("Gradient norm, main branch", norm, .train, { _ in "grad_norm_main" }),
      ("Gradient norm, sub-branch", norm, .train, { _ in "grad_norm_sub" }),
      ("Training loss by the label", "mean since the last line", .train, { _ in "loss_main_mean" }),
    ]
  }

  /// A curve for each of a group's runs.
  private func curves(_ quantity: Quantity, of group: Group) -> [[PlotPoint]] {
    group.runs.map { $0.curve(quantity.key(group), of: quantity.split) }
  }

  /// Which runs' curves end before those of others in their group, whose mean goes on.
  var shortCurves: [String] {
    groups.filter { $0.runs.count > 1 }.flatMap { group in
      let ends = quantities.map { quantity in curves(quantity, of: group).map(\.last?.x) }
      return group.runs.indices.compactMap { run -> String? in
        let early = ends.compactMap { ends in ends[run].flatMap { end in ends.contains { $0 ?? 0 > end } ? end : nil } }
        guard let last = early.max() else { return nil }
        return "\(group.name): the curves of seed \(group.runs[run].seed) end at step \(Int(last))"
      }
    }
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

  /// The mean of curves, at every step of any of them over those that have begun and not ended there: between its points each
  /// is a line.
  private static func mean(_ curves: [[PlotPoint]], label: String, colour: Int) -> PlotSeries {
    guard curves.count > 1 else { return PlotSeries(label: label, colour: colour, points: curves.first ?? []) }
    var rest = curves.map { $0[...] }
    var series = PlotSeries(label: label, colour: colour, points: [])
    for step in Set(curves.joined().map(\.x)).sorted() {
      let values = rest.indices.compactMap { index -> Double? in
        // The last point that is not behind the step comes first.
        while rest[index].count > 1, rest[index][rest[index].startIndex + 1].x <= step { rest[index].removeFirst() }
        guard let from = rest[index].first, from.x <= step else { return nil }
        guard let to = rest[index].dropFirst().first else { return from.x == step ? from.y : nil }
        return from.y + (to.y - from.y) * (step - from.x) / (to.x - from.x)
      }
      guard let spread = Spread(values) else { continue }
      series.points.append(PlotPoint(step, spread.mean))
      series.deviations.append(spread.deviation ?? 0)
    }
    return series
  }
}
