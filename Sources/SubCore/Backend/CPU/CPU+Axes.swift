internal import CSubKernels

extension CPUBackend {
  func copy(_ x: StridedView, adding: Bool, into y: StridedView) {
    precondition(x.shape == y.shape, "copy: \(x.shape) into \(y.shape)")
    guard x.base.dtype == .f32 else { return copyBits(x, into: y) }
    sk_copy_strided(
      Int32(x.shape.rank), x.shape.lengths64, x.floatPointer, x.strides64, adding, y.floatPointer, y.strides64)
  }

  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor) {
    sk_map(function.number, Int64(y.count), function.exponent, x.floatPointer, y.floatPointer)
  }

  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    sk_zip(
      Int32(function.rawValue), Int32(y.shape.rank), y.shape.lengths64, a.floatPointer, a.strides64, b.floatPointer,
      b.strides64, y.floatPointer)
  }

  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    sk_compare(
      Int32(comparison.rawValue), Int32(y.shape.rank), y.shape.lengths64, a.floatPointer, a.strides64, b.floatPointer,
      b.strides64, y.flagPointer)
  }

  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor) {
    sk_select(
      Int64(y.count), mask.flagPointer, a.floatPointer, a.count == 1, b.floatPointer, b.count == 1, y.floatPointer)
  }

  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation) {
    sk_reduce(
      Int32(reduction.rawValue), Int64(axes.outer), Int64(axes.length), Int64(axes.inner), x.floatPointer,
      Float(y.beta), y.tensor.floatPointer)
  }
}

extension StridedView {
  fileprivate var floatPointer: UnsafeMutablePointer<Float> { base.floatPointer + start }
  fileprivate var strides64: [Int64] { strides.map { Int64($0) } }
}

extension Shape {
  fileprivate var lengths64: [Int64] { dimensions.map { Int64($0) } }
}
