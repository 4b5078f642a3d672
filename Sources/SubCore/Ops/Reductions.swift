// Axes are given from the front or, negative, from the end; none means all. `keepingAxes` leaves them with length 1, as
// an operand for what they were reduced from.
extension Tensor {
  /// The sum over axes.
  public func sum(_ axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(over: axes, keepingAxes: keepingAxes, scale: 1)
  }

  /// The mean over axes.
  public func mean(_ axes: Int..., keepingAxes: Bool = false) -> Tensor {
    sum(over: axes, keepingAxes: keepingAxes, scale: 1 / Double(count / max(1, kept(axes).count)))
  }

  private func sum(over axes: [Int], keepingAxes: Bool, scale: Double) -> Tensor {
    guard dtype != .bf16 else { return widened.sum(over: axes, keepingAxes: keepingAxes, scale: scale) }
    let kept = kept(axes)
    var total = reduced(.sum, over: axes)
    if scale != 1 { total = Tape.withoutRecording { total.scaled(by: scale) } }
    let y = total.reshapedView(keepingAxes ? kept : shape.removing(axes))
    return Tape.record("sum", [self], output: y) { [old = shape] vjp in
      var dy = vjp.take().reshapedView(kept)
      if scale != 1 { dy = dy.scaled(by: scale) }
      vjp.give(0, StridedView(dy).broadcast(to: old).dense())
    }
  }

  /// The largest element over axes, a NaN where there is one. Equal ones share the gradient.
  public func maximum(_ axes: Int..., keepingAxes: Bool = false) -> Tensor {
    extremum("maximum", .largest, over: axes, keepingAxes: keepingAxes)
  }

  /// The smallest element over axes, a NaN where there is one. Equal ones share the gradient.
  public func minimum(_ axes: Int..., keepingAxes: Bool = false) -> Tensor {
    extremum("minimum", .smallest, over: axes, keepingAxes: keepingAxes)
  }

  private func extremum(_ name: StaticString, _ reduction: Reduction, over axes: [Int], keepingAxes: Bool) -> Tensor {
    guard dtype != .bf16 else { return widened.extremum(name, reduction, over: axes, keepingAxes: keepingAxes) }
    let (x, best) = (detached(), reduced(reduction, over: axes))
    let y = best.reshapedView(keepingAxes ? best.shape : shape.removing(axes))
    return Tape.record(name, [self], output: y) { vjp in
      let dy = vjp.take().reshapedView(best.shape)
      let isBest = x.compared(.equal, best).converted(to: dy.dtype)
      vjp.give(0, isBest.zipped(.multiply, dy.zipped(.divide, isBest.reduced(.sum, over: axes))))
    }
  }

  /// The index of the first largest element along an axis, i32: a constant.
  public func argmax(_ axis: Int = -1) -> Tensor {
    precondition(shape[axis] > 0, "argmax: axis \(axis) of \(shape)")
    let y = like(shape.removing(axis), dtype: .i32)
    backend.argmax(detached(), shape.splits(over: [axis])[0], into: y)
    return y
  }

  /// The reduced axes have length 1; a constant.
  func reduced(_ reduction: Reduction, over axes: [Int]) -> Tensor {
    var y = detached()
    for split in shape.splits(over: axes) {
      precondition(reduction == .sum || split.length > 0, "maximum, minimum: axes \(axes) of \(shape) are empty")
      let next = like([split.outer, split.inner])
      backend.reduce(reduction, y, split, into: Accumulation(tensor: next, beta: 0))
      y = next
    }
    return y.reshapedView(kept(axes))
  }

  private func kept(_ axes: [Int]) -> Shape {
    shape.allAxes(axes).reduce(shape) { $0.replacing($1, with: 1) }
  }
}

extension Shape {
  /// Axes from the front in order; all where none are named.
  fileprivate func allAxes(_ axes: [Int]) -> [Int] {
    axes.isEmpty ? Array(0..<rank) : Set(axes.map { index(of: $0) }).sorted()
  }

  /// The shape without axes; without any where none are named.
  fileprivate func removing(_ axes: [Int]) -> Shape { allAxes(axes).reversed().reduce(self) { $0.removing($1) } }

  /// Runs of neighbouring axes to reduce one after the other, the last first.
  func splits(over axes: [Int]) -> [AxisSplit] {
    var (lengths, splits, end) = (dimensions, [AxisSplit](), rank)
    let reduced = Set(allAxes(axes))
    while end > 0 {
      var begin = end
      // Axes of length 1 are part of any run.
      while begin > 0, reduced.contains(begin - 1) || lengths[begin - 1] == 1 { begin -= 1 }
      if begin < end {
        let length = lengths[begin..<end].reduce(1, *)
        if length != 1 {
          splits.append(
            AxisSplit(
              outer: lengths[..<begin].reduce(1, *), length: length, inner: lengths[end...].reduce(1, *)))
        }
        for axis in begin..<end { lengths[axis] = 1 }
      }
      end = begin == end ? end - 1 : begin
    }
    return splits
  }
}

extension VJP {
  /// `give` for an operand that was repeated: the gradient's sum over the repeated axes.
  func give(_ input: Int, _ gradient: @autoclosure () -> Tensor, summedTo shape: Shape) {
    guard wants(input) else { return }
    var gradient = gradient()
    let missing = gradient.shape.rank - shape.rank
    let repeated = (0..<gradient.shape.rank).filter { $0 < missing || shape[$0 - missing] != gradient.shape[$0] }
    let splits = repeated.isEmpty ? [] : gradient.shape.splits(over: repeated)
    guard let last = splits.last else { return give(input, gradient.reshapedView(shape)) }
    for split in splits.dropLast() {
      let next = gradient.like([split.outer, split.inner])
      gradient.backend.reduce(.sum, gradient, split, into: Accumulation(tensor: next, beta: 0))
      gradient = next
    }
    accumulate(input, like: shape, dtype: gradient.dtype, on: gradient.device) {
      gradient.backend.reduce(.sum, gradient, last, into: $0)
    }
  }
}
