extension Tensor {
  /// The same elements under another shape of the same count. The memory is shared.
  public func reshaped(_ shape: Shape) -> Tensor {
    Tape.record("reshaped", [self], output: reshapedView(shape)) { [old = self.shape] vjp in
      vjp.give(0, vjp.take().reshapedView(old))
    }
  }

  /// The same elements under other lengths, of which one may be −1: what is left.
  public func reshaped(_ lengths: Int...) -> Tensor {
    let known = lengths.reduce(1) { $1 == -1 ? $0 : $0 * $1 }
    precondition(lengths.count { $0 == -1 } <= 1, "reshaped: \(lengths) leaves more than one length open")
    return reshaped(Shape(lengths.map { $0 == -1 ? count / max(1, known) : $0 }))
  }

  /// The axes from `axis` on as one.
  public func flattened(from axis: Int = 0) -> Tensor {
    let index = shape.index(of: axis)
    let behind = shape.dimensions[index...].reduce(1, *)
    return reshaped(Shape(shape.dimensions[..<index] + [behind]))
  }

  /// With an axis of length 1 before the present one, or behind the last (−1).
  public func expanded(at axis: Int) -> Tensor { reshaped(shape.inserting(1, at: axis)) }

  /// Without an axis of length 1.
  public func squeezed(_ axis: Int) -> Tensor {
    precondition(shape[axis] == 1, "squeezed: axis \(axis) of \(shape)")
    return reshaped(shape.removing(axis))
  }

  /// Repeated along missing leading axes and axes of length 1.
  public func broadcast(to shape: Shape) -> Tensor {
    guard shape != self.shape else { return self }
    guard dtype != .bf16 else { return widened.broadcast(to: shape) }
    let y = StridedView(self).broadcast(to: shape).dense()
    return Tape.record("broadcast", [self], output: y) { [old = self.shape] vjp in
      vjp.give(0, vjp.take(), summedTo: old)
    }
  }

  /// The axes in another order: axis i of the result is this tensor's axis axes[i].
  public func permuted(_ axes: Int...) -> Tensor { permuted(axes) }

  func permuted(_ axes: [Int]) -> Tensor {
    let order = axes.map { shape.index(of: $0) }
    precondition(order.sorted() == Array(0..<shape.rank), "permuted: axes \(axes) of \(shape)")
    guard order != order.sorted() else { return self }
    return Tape.record("permuted", [self], output: StridedView(self).permuted(order).tensor()) { vjp in
      let back = order.indices.map { order.firstIndex(of: $0)! }
      vjp.give(0, StridedView(vjp.take()).permuted(back).tensor())
    }
  }

  /// The last two axes exchanged: the transposed matrix, or matrices.
  public func transposed() -> Tensor {
    precondition(shape.rank >= 2, "transposed: \(shape) is no matrix")
    var axes = Array(0..<shape.rank)
    axes.swapAt(shape.rank - 1, shape.rank - 2)
    return permuted(axes)
  }

  /// Part of an axis. Along the first the memory is shared.
  public func slice(_ range: some RangeExpression<Int>, axis: Int = 0) -> Tensor {
    guard dtype != .bf16 else { return widened.slice(range, axis: axis) }
    let axis = shape.index(of: axis)
    let part = range.relative(to: 0..<shape[axis])
    return Tape.record("slice", [self], output: StridedView(self).part(part, axis: axis).tensor()) {
      [old = shape] vjp in
      let dy = vjp.take()
      vjp.accumulate(0, like: old, dtype: dy.dtype, on: dy.device) { sum in
        if sum.beta == 0 { dy.backend.fill(sum.tensor, with: 0) }
        let whole = StridedView(sum.tensor.reshapedView(old))
        dy.backend.copy(StridedView(dy), adding: sum.beta != 0, into: whole.part(part, axis: axis))
      }
    }
  }

  /// Part of the first axis: `x[2..<5]`, `x[..<3]`.
  public subscript(range: some RangeExpression<Int>) -> Tensor { slice(range) }

  /// One index of the first axis, which is gone from the result; negative ones count from the end.
  public subscript(index: Int) -> Tensor {
    let index = index < 0 ? index + shape[0] : index
    return slice(index..<index + 1).squeezed(0)
  }

  /// The first axis by indices (i32 [K]): [R, ...] → [K, ...]. Gradients of one index add up.
  public subscript(indices: Tensor) -> Tensor {
    guard shape.rank != 2 else { return gatherRows(indices) }
    let rows = reshaped([shape[0], count / max(1, shape[0])]).gatherRows(indices)
    return rows.reshaped(shape.replacing(0, with: indices.count))
  }

  /// Tensors one behind the other along an axis; the other axes are of equal lengths.
  public static func concatenated(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    let parts = parts.map(\.widened)
    let first = parts[0].shape
    let axis = first.index(of: axis)
    var ranges: [Range<Int>] = []
    for part in parts {
      precondition(
        part.shape.rank == first.rank && part.shape.replacing(axis, with: 0) == first.replacing(axis, with: 0),
        "concatenated: \(parts.map(\.shape)) along axis \(axis)")
      let start = ranges.last?.upperBound ?? 0
      ranges.append(start..<start + part.shape[axis])
    }
    let y = parts[0].like(first.replacing(axis, with: ranges.last!.upperBound))
    for (part, range) in zip(parts, ranges) {
      y.backend.copy(StridedView(part), adding: false, into: StridedView(y).part(range, axis: axis))
    }
    return Tape.record("concatenated", parts, output: y) { vjp in
      let dy = StridedView(vjp.take())
      for (index, range) in ranges.enumerated() { vjp.give(index, dy.part(range, axis: axis).tensor()) }
    }
  }

  /// Tensors of one shape along a new axis.
  public static func stacked(_ parts: [Tensor], axis: Int = 0) -> Tensor {
    concatenated(parts.map { $0.expanded(at: axis) }, axis: axis)
  }

  /// A constant view under another shape.
  func reshapedView(_ shape: Shape) -> Tensor {
    precondition(shape.count == count, "reshaped: \(self.shape) is no \(shape)")
    return Tensor(shape: shape, dtype: dtype, storage: storage, offset: offset)
  }
}
