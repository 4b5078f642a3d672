extension Tensor {
  /// Mean over rows of -Σ t log softmax(x): logits [N, C] → scalar. In f32 with the row's maximum subtracted.
  public func crossEntropy(_ target: Target) -> Tensor {
    rowLoss(
      "crossEntropy", target, forward: { $0.backend.crossEntropy($0, $1, into: $2) },
      backward: { $0.backend.crossEntropyBackward($0, $1, scale: $2, into: $3) })
  }

  /// Mean over rows and classes of the binary cross-entropy with logits: [N, C] → scalar. Labels are whole ones: smoothed
  /// they are `.probabilities`.
  public func binaryCrossEntropy(_ target: Target) -> Tensor {
    if case .labels(_, let smoothing) = target {
      precondition(smoothing == 0, "binaryCrossEntropy: labels smoothed by \(smoothing), give them as probabilities")
    }
    return rowLoss(
      "binaryCrossEntropy", target, forward: { $0.backend.binaryCrossEntropy($0, $1, into: $2) },
      backward: { $0.backend.binaryCrossEntropyBackward($0, $1, scale: $2, into: $3) })
  }

  /// Mean of (x − target)², a scalar.
  public func meanSquaredError(_ target: Tensor) -> Tensor {
    precondition(count == target.count, "meanSquaredError: x \(shape), target \(target.shape)")
    guard dtype != .bf16 else { return widened.meanSquaredError(target) }
    let difference = zipped(.subtract, target.reshapedView(shape))
    let loss = difference.zipped(.multiply, difference).batchMean()
    return Tape.record("meanSquaredError", [self], output: loss) { [count] vjp in
      let dloss = vjp.take()
      let dx = difference.like(difference.shape)
      dx.backend.scale(difference, by: dloss, 2 / Double(count), into: dx)
      vjp.give(0, dx)
    }
  }

  private func rowLoss(
    _ name: StaticString, _ target: Target, forward: (Tensor, Target, Tensor) -> Void,
    backward: @escaping (Tensor, Target, Double, Tensor) -> Void
  ) -> Tensor {
    guard dtype != .bf16 else { return widened.rowLoss(name, target, forward: forward, backward: backward) }
    let target = target.constant
    switch target {
    case .labels(let labels, _):
      precondition(labels.count == shape.rows, "\(name): logits \(shape), labels \(labels.shape)")
    case .probabilities(let t): precondition(t.shape == shape, "\(name): logits \(shape), target \(t.shape)")
    }
    let losses = like([shape.rows])
    forward(detached(), target, losses)
    let loss = losses.batchMean()
    return Tape.record(name, [self], output: loss) { [logits = detached()] vjp in
      let dloss = vjp.take()
      let dlogits = logits.like(logits.shape)
      backward(logits, target, 1 / Double(logits.shape.rows), dlogits)
      dlogits.backend.scale(dlogits, by: dloss, 1, into: dlogits)
      vjp.give(0, dlogits)
    }
  }

  /// The mean of all elements, added up in their order.
  private func batchMean() -> Tensor {
    let y = like([])
    let batch = Segments(count: 1, length: count, on: device)
    backend.segmentMean(reshapedView([count, 1]), batch, into: y.reshapedView([1, 1]))
    return y
  }
}
