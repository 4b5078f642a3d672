#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension ReferenceBackend {
  func softmax(_ logits: Tensor, into y: Tensor) {
    let classes = logits.shape.columns
    for row in 0..<logits.shape.rows {
      for (index, value) in logSoftmax(logits, row).enumerated() { Elements(y)[row * classes + index] = exp(value) }
    }
  }

  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    for row in 0..<logits.shape.rows {
      Elements(losses)[row] = -zip(target.row(row, logits.shape.columns), logSoftmax(logits, row)).reduce(0) {
        $0 + $1.0 * $1.1
      }
    }
  }

  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    let classes = logits.shape.columns
    for row in 0..<logits.shape.rows {
      let t = target.row(row, classes)
      let weight = t.reduce(0, +)
      for (index, value) in logSoftmax(logits, row).enumerated() {
        Elements(dlogits)[row * classes + index] = scale * (exp(value) * weight - t[index])
      }
    }
  }

  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    let classes = logits.shape.columns
    for row in 0..<logits.shape.rows {
      Elements(losses)[row] =
        target.row(row, classes).enumerated().reduce(0) { sum, entry in
          let z = Elements(logits)[row * classes + entry.offset]
          return sum + max(z, 0) - z * entry.element + log(1 + exp(-abs(z)))
        } / Double(classes)
    }
  }

  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    let classes = logits.shape.columns
    for row in 0..<logits.shape.rows {
      for (index, t) in target.row(row, classes).enumerated() {
        let z = Elements(logits)[row * classes + index]
        Elements(dlogits)[row * classes + index] = scale / Double(classes) * (1 / (1 + exp(-z)) - t)
      }
    }
  }

  private func logSoftmax(_ logits: Tensor, _ row: Int) -> [Double] {
    let classes = logits.shape.columns
    let values = (0..<classes).map { Elements(logits)[row * classes + $0] }
    let top = values.max() ?? 0
    let logSum = top + log(values.reduce(0) { $0 + exp($1 - top) })
    return values.map { $0 - logSum }
  }
}

extension Target {
  /// The target distribution of a row.
  fileprivate func row(_ row: Int, _ classes: Int) -> [Double] {
    switch self {
    case .probabilities(let tensor): return (0..<classes).map { Elements(tensor)[row * classes + $0] }
    case .labels(let labels, let smoothing):
      let label = labels.indexList[row]
      let off = Double(smoothing) / Double(classes)
      return (0..<classes).map { $0 == label ? 1 - Double(smoothing) + off : off }
    }
  }
}
