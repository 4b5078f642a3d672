extension CheckCase {
  static func losses() -> [CheckCase] {
    var cases: [CheckCase] = []
    for (rows, classes) in [(3, 4), (2, 3), (0, 5), (7, 10), (64, 1000), (5, 1030), (2, 30522)] {
      let part = "\(rows)×\(classes)"
      // From nearly alike to nearly certain; and far from zero, where an exponential alone would overflow.
      let scales = classes == 4 ? [(3.0, 0.0), (30, 200), (1, -200)] : [(3, 0)]
      for (scale, mean) in scales {
        let place = scales.count > 1 ? "\(part), \(scale) about \(mean)" : part
        let shape: Shape = [rows, classes]
        func logits(_ t: Trial) -> Tensor { t.input(shape, nil, .normal(scale: scale, mean: mean)) }
        cases.add("softmax", place, .single) { t in
          t.backend.softmax(logits(t), into: t.output("y", shape, nil, .computed))
        }
        for smoothing: Float? in [nil, 0, 0.1] {
          let kind = smoothing.map { "labels, smoothed by \($0)" } ?? "probabilities"
          cases.add("crossEntropy", "\(place), \(kind)", .single) { t in
            let (x, target) = (logits(t), target(t, rows, classes, smoothing))
            t.backend.crossEntropy(x, target, into: t.output("losses", [rows], nil, .computed))
          }
          cases.add("crossEntropyBackward", "\(place), \(kind)", .single) { t in
            let (x, target) = (logits(t), target(t, rows, classes, smoothing))
            t.backend.crossEntropyBackward(x, target, scale: 0.25, into: t.output("dlogits", shape, nil, .computed))
          }
          guard smoothing != 0.1 else { continue }
          cases.add("binaryCrossEntropy", "\(place), \(kind)", .single) { t in
            let (x, target) = (logits(t), target(t, rows, classes, smoothing))
            t.backend.binaryCrossEntropy(x, target, into: t.output("losses", [rows], nil, .computed))
          }
          cases.add("binaryCrossEntropyBackward", "\(place), \(kind)", .single) { t in
            let (x, target) = (logits(t), target(t, rows, classes, smoothing))
            t.backend.binaryCrossEntropyBackward(
              x, target, scale: 0.25, into: t.output("dlogits", shape, nil, .computed))
          }
        }
      }
    }
    return cases
  }

  /// `smoothing` of labels; nil: probabilities, whose sums are not 1, as those of mixed and masked samples may be.
  private static func target(_ t: Trial, _ rows: Int, _ classes: Int, _ smoothing: Float?) -> Target {
    if let smoothing {
      return .labels(t.indices((0..<rows).map { t.key.integer(below: classes, at: $0) }), smoothing: smoothing)
    }
    let shares = (0..<rows * classes).map { 2 * t.key.uniform64(at: $0) / Double(classes) }
    return .probabilities(t.input([rows, classes], nil, .listed(shares)))
  }
}
