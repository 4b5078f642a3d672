/// Another device's backend with a clock and a count around every call. What a call asks of its own device in turn belongs
/// to that call.
struct TimedBackend: Backend {
  let base: any Backend
  let times: OperationTimes

  /// Runs `body`, which reads or writes each operand once. A product is [rows, depth, columns].
  func timed(
    _ name: String, _ operands: [(any Traffic)?], product: [Int] = [], _ body: () -> Void
  ) {
    let shape = product.map(String.init).joined(separator: "x")
    times.measure(
      product.isEmpty ? name : "\(name) \(shape)", bytes: operands.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    ) {
      body()
      base.synchronize()
    }
  }

  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer { base.allocate(byteCount) }

  func release(_ memory: UnsafeMutableRawPointer) { base.release(memory) }

  func synchronize() { base.synchronize() }

  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor) {
    base.upload(bytes, to: y)
  }

  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    base.download(x, into: bytes)
  }

  func fill(_ y: Tensor, with value: Double) {
    timed("fill", [y]) { base.fill(y, with: value) }
  }

  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor) {
    timed("combine", [x, y, beta == 0 ? nil : y]) { base.combine(alpha, x, beta, into: y) }
  }

  func uniform(_ key: RandomKey, into y: Tensor) {
    timed("uniform", [y]) { base.uniform(key, into: y) }
  }

  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) {
    timed("dropout", [x, y]) { base.dropout(x, dropout, into: y) }
  }

  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) {
    timed("activate", [x, y]) { base.activate(activation, x, into: y) }
  }

  func slope(_ activation: Activation, saved: Tensor, into y: Tensor) {
    timed("slope", [saved, y]) { base.slope(activation, saved: saved, into: y) }
  }

  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor) {
    timed("apply", [x, y]) { base.apply(function, x, into: y) }
  }

  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor) {
    timed("select", [mask, a, b, y]) { base.select(mask, a, b, into: y) }
  }

  func convert(_ x: Tensor, into y: Tensor) {
    timed("convert", [x, y]) { base.convert(x, into: y) }
  }

  func copy(_ x: StridedView, adding: Bool, into y: StridedView) {
    timed("copy", [x, y, adding ? y : nil]) { base.copy(x, adding: adding, into: y) }
  }

  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    timed("apply", [a, b, y]) { base.apply(function, a, b, into: y) }
  }

  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    timed("compare", [a, b, y]) { base.compare(comparison, a, b, into: y) }
  }

  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation) {
    timed("reduce", [x, y]) { base.reduce(reduction, x, axes, into: y) }
  }

  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor) {
    timed("argmax", [x, y]) { base.argmax(x, axes, into: y) }
  }

  func roundProducts(_ isWanted: Bool) -> Bool { base.roundProducts(isWanted) }

  func gemm(
    _ alpha: Double, _ a: Matrix, transposed transposeA: Bool, _ b: Matrix, transposed transposeB: Bool, _ beta: Double,
    into c: Matrix
  ) {
    timed(
      "gemm", [a, b, c, beta == 0 ? nil : c], product: [c.rows, transposeA ? a.rows : a.columns, c.columns]
    ) { base.gemm(alpha, a, transposed: transposeA, b, transposed: transposeB, beta, into: c) }
  }

  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor) {
    timed("gatherRows", [indices, y, y]) { base.gatherRows(table, indices, adding: adding, into: y) }
  }

  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?) {
    timed("scatterAddRows", [values, values, values, indices]) {
      base.scatterAddRows(values, indices, into: table, touched: touched)
    }
  }

  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor) {
    timed("scatterRows", [values, values, indices]) { base.scatterRows(values, indices, into: table) }
  }

  func sumOfSquares(_ parts: [Tensor], into sum: Tensor) {
    timed("sumOfSquares", [parts, sum]) { base.sumOfSquares(parts, into: sum) }
  }

  func scalar(_ rule: ScalarRule, _ a: Tensor, _ b: Tensor?, into y: Tensor) {
    timed("scalar", [a, b, y]) { base.scalar(rule, a, b, into: y) }
  }
}
