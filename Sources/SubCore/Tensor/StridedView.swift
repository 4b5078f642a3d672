/// A tensor's memory seen through other axes: permuted, in part, or repeated (stride 0). What strided primitives read and
/// write.
struct StridedView {
  let base: Tensor
  /// The first element, counted from the tensor's own.
  private(set) var start = 0
  private(set) var shape: Shape
  /// The distance of neighbours along every axis, in elements.
  private(set) var strides: [Int]

  /// The tensor as it lies.
  init(_ tensor: Tensor) {
    base = tensor.detached()
    shape = tensor.shape
    strides = Array(repeating: 1, count: shape.rank)
    for axis in stride(from: shape.rank - 2, through: 0, by: -1) { strides[axis] = strides[axis + 1] * shape[axis + 1] }
  }

  /// A matrix as it lies: [rows, columns].
  init(_ matrix: Matrix) {
    base = matrix.tensor
    start = matrix.start
    shape = [matrix.rows, matrix.columns]
    strides = [matrix.stride, 1]
  }

  /// Without the last `count` axes, which are of length 1.
  func squeezedLast(_ count: Int) -> StridedView {
    precondition(shape.dimensions.suffix(count).allSatisfy { $0 == 1 }, "squeezed: the last \(count) axes of \(shape)")
    var view = self
    view.shape = Shape(shape.dimensions.dropLast(count))
    view.strides = strides.dropLast(count)
    return view
  }

  /// Axis i is the present one's axis axes[i].
  func permuted(_ axes: [Int]) -> StridedView {
    var view = self
    view.shape = Shape(axes.map { shape[$0] })
    view.strides = axes.map { strides[$0] }
    return view
  }

  /// Part of an axis.
  func part(_ range: Range<Int>, axis: Int) -> StridedView {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= shape[axis], "slice: \(range) of axis \(axis) of \(shape)")
    var view = self
    view.start += range.lowerBound * strides[axis]
    view.shape = shape.replacing(axis, with: range.count)
    return view
  }

  /// The same elements for every index of the axes that are missing or of length 1.
  func broadcast(to target: Shape) -> StridedView {
    let missing = target.rank - shape.rank
    precondition(missing >= 0 && shape.broadcast(with: target) == target, "broadcast: \(shape) to \(target)")
    var view = self
    view.shape = target
    view.strides = (0..<target.rank).map { axis in
      axis < missing || shape[axis - missing] != target[axis] ? 0 : strides[axis - missing]
    }
    return view
  }

  /// The elements as a tensor: a view where they lie one behind the other, else a copy.
  func tensor() -> Tensor {
    var (next, isDense) = (1, true)
    for axis in stride(from: shape.rank - 1, through: 0, by: -1) where shape[axis] != 1 {
      isDense = isDense && strides[axis] == next
      next *= shape[axis]
    }
    return isDense ? base.slice(from: start, shape: shape) : dense()
  }

  /// The elements as a tensor of their own.
  func dense() -> Tensor {
    let y = base.like(shape)
    y.backend.copy(self, adding: false, into: StridedView(y))
    return y
  }

  /// Where the elements lie, in order.
  var offsets: [Int] {
    var offsets = [start]
    for axis in 0..<shape.rank {
      let (length, step) = (shape[axis], strides[axis])
      offsets = Array(unsafeUninitializedCapacity: offsets.count * length) { buffer, count in
        for first in offsets {
          for index in 0..<length {
            buffer.initializeElement(at: count, to: first + index * step)
            count += 1
          }
        }
      }
    }
    return offsets
  }
}

/// Several matrices of one size in a tensor's memory, those of a shared operand more than once.
struct MatrixBatch {
  let tensor: Tensor
  /// The first element of each.
  let starts: [Int]
  let rows: Int
  let columns: Int

  /// The tensor's last two axes, for every index of the axes before them, which are `leading` when repeated.
  init(_ tensor: Tensor, leading: Shape) {
    self.tensor = tensor
    (rows, columns) = (tensor.shape[-2], tensor.shape[-1])
    let own = Shape(Array(tensor.shape.dimensions.dropLast(2)))
    let size = rows * columns
    let first = StridedView(Tensor(shape: own, dtype: tensor.dtype, storage: tensor.storage))
    starts = first.broadcast(to: leading).offsets.map { $0 * size }
  }

  func matrix(_ index: Int) -> Matrix {
    Matrix(tensor, start: starts[index], rows: rows, columns: columns)
  }
}
