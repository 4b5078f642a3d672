/// Rows and columns of a tensor's memory: what GEMMs read and write. `stride` is the distance of rows in elements, so a
/// matrix may be a block of columns.
struct Matrix {
  let tensor: Tensor
  let start: Int
  let rows: Int
  let columns: Int
  let stride: Int

  /// The tensor as a matrix of its last axis' columns.
  init(_ tensor: Tensor) {
    self.init(tensor, columns: 0..<tensor.shape.columns)
  }

  /// A block of columns of the tensor's matrix.
  init(_ tensor: Tensor, columns block: Range<Int>) {
    precondition(
      block.lowerBound >= 0 && block.upperBound <= tensor.shape.columns, "Matrix: columns \(block) of \(tensor.shape)")
    self.tensor = tensor.detached()
    start = block.lowerBound
    rows = tensor.shape.rows
    columns = block.count
    stride = tensor.shape.columns
  }

  /// Dense rows from an element on, whatever the tensor's shape.
  init(_ tensor: Tensor, start: Int, rows: Int, columns: Int) {
    precondition(start >= 0 && start + rows * columns <= tensor.count, "Matrix: \(rows)×\(columns) of \(tensor.shape)")
    self.tensor = tensor.detached()
    self.start = start
    self.rows = rows
    self.columns = columns
    stride = columns
  }
}

/// Where a kernel leaves a sum: `tensor = beta · tensor + sum`, and beta is 0 on the first touch.
struct Accumulation {
  let tensor: Tensor
  let beta: Double
}
