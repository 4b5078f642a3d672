extension Backend {
  func softmax(_ logits: Tensor, into y: Tensor) { y.assign(logits.asRows.logSoftmax().exp()) }

  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    let x = logits.asRows
    losses.assign(-(target.rows(like: x) * x.logSoftmax()).sum(-1))
  }

  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    let x = logits.asRows
    let t = target.rows(like: x)
    dlogits.assign(scale * (x.logSoftmax().exp() * t.sum(-1, keepingAxes: true) - t))
  }

  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    let x = logits.asRows
    let t = target.rows(like: x)
    losses.assign((x.maximum(x.constant(0)) - x * t + (1 + (-x.abs()).exp()).log()).mean(-1))
  }

  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    let x = logits.asRows
    dlogits.assign((scale / Double(x.shape.columns)) * (x.sigmoid() - target.rows(like: x)))
  }
}

extension Target {
  /// The target distributions [rows, classes] of logits.
  fileprivate func rows(like logits: Tensor) -> Tensor {
    switch self {
    case .probabilities(let tensor): return tensor.asRows
    case .labels(let labels, let smoothing):
      let classes = logits.shape.columns
      let numbers = Tensor((0..<classes).map { Double($0) }, [1, classes], dtype: logits.dtype, on: logits.device)
      let own = labels.converted(to: logits.dtype).reshapedView([labels.count, 1])
      let isOwn = own.compared(.equal, numbers).converted(to: logits.dtype)
      return isOwn * (1 - Double(smoothing)) + Double(smoothing) / Double(classes)
    }
  }
}
