import SubTrain

extension Comparison {
  /// The paper's Figure 2: over the steps the metric, the losses of whole and of masked inputs on the evaluation split, and
  /// the norms of both branches' gradients. Means over the seeds, with their standard deviation as a band.
  var figure: Figure {
    let norm = "L2 norm, weight 1"
    let panels = [
      panel("Validation: \(metric)", metric, metric, .eval),
      panel("Validation loss, whole inputs", "loss by the label", "loss_main", .eval),
      panel("Validation loss, masked inputs", "loss by the label", "loss_sub", .eval),
      panel("Gradient norm, main branch", norm, "grad_norm_main", .train),
      panel("Gradient norm, sub-branch", norm, "grad_norm_sub", .train),
      panel("Training loss by the label", "mean since the last line", "loss_main_mean", .train),
    ]
    return Figure(title: title, panels: panels.compactMap { $0 })
  }

  private func panel(
    _ title: String, _ label: String, _ key: String, _ split: MetricsRecord.Split
  ) -> PlotPanel? {
    PlotPanel(
      title, x: "step", y: label,
      groups.enumerated().map { number, group in
        let curves = group.runs.map { $0.curve(key, of: split) }.filter { !$0.isEmpty }
        return Self.mean(curves, label: group.label, colour: number)
      })
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
