extension Parameter {
  /// Holds the values in a range, where they are.
  public func clamp(to range: ClosedRange<Double>) {
    value.storage.shadow?.invalidate()
    let values = StridedView(value)
    for (function, bound) in [(BinaryFunction.larger, range.lowerBound), (.smaller, range.upperBound)] {
      let limit = StridedView(value.constant(bound)).broadcast(to: shape)
      value.backend.apply(function, values, limit, into: value)
    }
  }
}

extension Tensor {
  /// average = decay · average + (1 − decay) · self, of the same shape; nothing is recorded.
  public func average(into average: Tensor, decay: Double) {
    precondition(average.shape == shape, "average: \(shape) into \(average.shape)")
    backend.average(detached(), decay: decay, into: average)
  }

  /// sum = sum + factor · self, of the same shape; nothing is recorded.
  public func add(to sum: Tensor, times factor: Double = 1) {
    precondition(sum.shape == shape, "add: \(shape) to \(sum.shape)")
    backend.combine(factor, detached(), 1, into: sum)
  }
}
