/// What every device must be able to do itself, into memory that exists: whatever else the operations ask of a `Backend` has
/// a default that is made of this, and is right on a new device before it is fast.
///
/// Shapes have been checked by the operations in `Ops/`; no tensor that arrives here is tracked; nothing here returns a
/// value that a later operation depends on. Unless it says otherwise, `y` may be the memory of an operand of its shape.
protocol Primitives: Sendable {
  // Memory
  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer
  func release(_ memory: UnsafeMutableRawPointer)
  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor)
  /// Waits until everything that was asked for before is done, and copies.
  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer)
  func synchronize()

  // Elementwise
  /// Of floating-point types, u8 and i32.
  func fill(_ y: Tensor, with value: Double)
  /// y = alpha · x + beta · y; beta 0 never reads y. The two may be of different floating-point types.
  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor)
  /// 24-bit uniforms in [0, 1): position i of the stream at element i.
  func uniform(_ key: RandomKey, into y: Tensor)
  /// y = dropout(x), and the same for gradients: position i of the stream, counted from row `firstRow` on, decides about
  /// element i.
  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor)
  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor)
  /// y = activation'(saved), of what the activation saves: its input, or its output.
  func slope(_ activation: Activation, saved: Tensor, into y: Tensor)
  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor)
  /// y = mask ? a : b; a and b are of y's count, or of one element that repeats.
  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor)
  /// y = x as another type; whole numbers where u8 or i32 are wanted.
  func convert(_ x: Tensor, into y: Tensor)

  // Any axes
  /// y = x, or y = y + x, element by element; without adding, of any type.
  func copy(_ x: StridedView, adding: Bool, into y: StridedView)
  /// y = f(a, b), both repeated to y's shape.
  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor)
  /// y (u8) = 1 where the answer is yes, else 0.
  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor)
  /// x [outer, length, inner] → [outer, inner]. A sum is added to beta · y; extrema (length > 0) want beta 0.
  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation)
  /// The index of the first largest element along the axis, i32.
  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor)

  // Matrices and rows
  /// c = alpha · op(a) · op(b) + beta · c; c overlaps neither.
  func gemm(
    _ alpha: Double, _ a: Matrix, transposed: Bool, _ b: Matrix, transposed: Bool, _ beta: Double, into c: Matrix)
  /// y[r] = table[indices[r]], or added to y[r].
  func gatherRows(_ table: Tensor, _ indices: Tensor, adding: Bool, into y: Tensor)
  /// table[indices[r]] += values[r], rows of one index in order of r; `touched` (u8) = 1 at every index.
  func scatterAddRows(_ values: Tensor, _ indices: Tensor, into table: Tensor, touched: Tensor?)
  /// table[indices[r]] = values[r]. Distinct indices, or -1 for a row to leave out.
  func scatterRows(_ values: Tensor, _ indices: Tensor, into table: Tensor)

  // Scalars of a step: one element, f64, never read by the host within it
  /// sum = the squares of all elements of all parts, each part added up in f64, the parts in their order.
  func sumOfSquares(_ parts: [Tensor], into sum: Tensor)
  /// y = rule(a, b); b is 1 where it is nil.
  func scalar(_ rule: ScalarRule, _ a: Tensor, _ b: Tensor?, into y: Tensor)
}
