internal import CSubKernels

extension CPUBackend {
  func softmax(_ logits: Tensor, into y: Tensor) {
    sk_softmax(Int64(logits.shape.rows), Int64(logits.shape.columns), logits.floatPointer, y.floatPointer)
  }

  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    sk_cross_entropy(
      Int64(logits.shape.rows), Int64(logits.shape.columns), logits.floatPointer, target.probabilityPointer,
      target.labelPointer, target.smoothing, losses.floatPointer)
  }

  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    sk_cross_entropy_backward(
      Int64(logits.shape.rows), Int64(logits.shape.columns), logits.floatPointer, target.probabilityPointer,
      target.labelPointer, target.smoothing, Float(scale), dlogits.floatPointer)
  }

  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    sk_binary_cross_entropy(
      Int64(logits.shape.rows), Int64(logits.shape.columns), logits.floatPointer, target.probabilityPointer,
      target.labelPointer, losses.floatPointer)
  }

  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    sk_binary_cross_entropy_backward(
      Int64(logits.shape.rows), Int64(logits.shape.columns), logits.floatPointer, target.probabilityPointer,
      target.labelPointer, Float(scale), dlogits.floatPointer)
  }
}

extension Target {
  fileprivate var probabilityPointer: UnsafePointer<Float>? {
    if case .probabilities(let tensor) = self { return UnsafePointer(tensor.floatPointer) }
    return nil
  }

  fileprivate var labelPointer: UnsafePointer<Int32>? {
    if case .labels(let labels, _) = self { return UnsafePointer(labels.indexPointer) }
    return nil
  }

  fileprivate var smoothing: Float {
    if case .labels(_, let smoothing) = self { return smoothing }
    return 0
  }
}
