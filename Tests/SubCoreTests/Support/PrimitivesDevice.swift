@testable import SubCore

extension Device {
  /// A device that can do no more than it must: the CPU's primitives, and every fused operation by its default.
  static let primitives = Device(DeviceKind(name: "primitives") { _ in PrimitivesOnly() })

  /// The devices that are held against the reference.
  static var tested: [Device] { available.filter { $0 != .reference } + [.primitives] }
}

/// Hands the primitives on to the CPU's, one by one, so that nothing else of the CPU's is found.
private struct PrimitivesOnly: Backend {
  private let base: any Primitives = Device.cpu.backend

  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer { base.allocate(byteCount) }
  func release(_ memory: UnsafeMutableRawPointer) { base.release(memory) }
  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor) { base.upload(bytes, to: y) }
  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) { base.download(x, into: bytes) }
  func synchronize() { base.synchronize() }

  func fill(_ y: Tensor, with value: Double) { base.fill(y, with: value) }
  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor) { base.combine(alpha, x, beta, into: y) }
  func uniform(_ key: RandomKey, into y: Tensor) { base.uniform(key, into: y) }
  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) { base.dropout(x, dropout, into: y) }
  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) { base.activate(activation, x, into: y) }
  func slope(_ activation: Activation, saved: Tensor, into y: Tensor) { base.slope(activation, saved: saved, into: y) }
  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor) { base.apply(function, x, into: y) }
  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor) { base.select(mask, a, b, into: y) }
  func convert(_ x: Tensor, into y: Tensor) { base.convert(x, into: y) }

  func copy(_ x: StridedView, adding: Bool, into y: StridedView) { base.copy(x, adding: adding, into: y) }
  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    base.apply(function, a, b, into: y)
  }
  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    base.compare(comparison, a, b, into: y)
  }
  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation) {
    base.reduce(reduction, x, axes, into: y)
  }
  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor) { base.argmax(x, axes, into: y) }

  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool,
    _ beta: Double, into c: Matrix
  ) {
    base.gemm(alpha, a, transposed: transposeA, b, transposed: transposeB, beta, into: c)
  }
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    base.gatherRows(table, indices, adding: adding, into: y)
  }
  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    base.scatterAddRows(values, indices, into: table, touched: touched)
  }
  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    base.scatterRows(values, indices, into: table)
  }

  func sumOfSquares(_ parts: [Tensor], into sum: Tensor) { base.sumOfSquares(parts, into: sum) }
  func scalar(_ rule: ScalarRule, _ a: Tensor, _ b: Tensor?, into y: Tensor) { base.scalar(rule, a, b, into: y) }
}
