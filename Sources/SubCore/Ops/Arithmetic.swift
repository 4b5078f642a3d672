extension Tensor {
  /// x + y. Of both operands, here and below, missing leading axes and axes of length 1 repeat, as in NumPy.
  public func adding(_ other: Tensor) -> Tensor {
    let (x, y) = (widened, other.widened)
    return Tape.record("adding", [x, y], output: x.zipped(.add, y)) { [a = shape, b = other.shape] vjp in
      let dy = vjp.take()
      vjp.give(0, dy, summedTo: a)
      vjp.give(1, dy, summedTo: b)
    }
  }

  /// x − y.
  public func subtracting(_ other: Tensor) -> Tensor {
    let (x, y) = (widened, other.widened)
    return Tape.record("subtracting", [x, y], output: x.zipped(.subtract, y)) { [a = shape, b = other.shape] vjp in
      let dy = vjp.take()
      vjp.give(0, dy, summedTo: a)
      vjp.give(1, dy.scaled(by: -1), summedTo: b)
    }
  }

  /// x · y, element by element.
  public func multiplied(by other: Tensor) -> Tensor {
    let (x, y) = (widened, other.widened)
    return Tape.record("multiplied", [x, y], output: x.zipped(.multiply, y)) {
      [a = x.detached(), b = y.detached()] vjp in
      let dy = vjp.take()
      vjp.give(0, dy.zipped(.multiply, b), summedTo: a.shape)
      vjp.give(1, dy.zipped(.multiply, a), summedTo: b.shape)
    }
  }

  /// x / y.
  public func divided(by other: Tensor) -> Tensor {
    let (a, b) = (widened, other.widened)
    let y = a.zipped(.divide, b)
    return Tape.record("divided", [a, b], output: y) { [a = shape, b = b.detached()] vjp in
      let dx = vjp.take().zipped(.divide, b)
      vjp.give(0, dx, summedTo: a)
      vjp.give(1, dx.zipped(.multiply, y).scaled(by: -1), summedTo: b.shape)
    }
  }

  /// The larger of both, a NaN where there is one. Where they are equal the gradient goes to the first.
  public func maximum(_ other: Tensor) -> Tensor {
    extremum("maximum", .larger, other) { other.compared(.lessOrEqual, $0) }
  }

  /// The smaller of both, a NaN where there is one. Where they are equal the gradient goes to the first.
  public func minimum(_ other: Tensor) -> Tensor {
    extremum("minimum", .smaller, other) { $0.compared(.lessOrEqual, other) }
  }

  private func extremum(
    _ name: StaticString, _ function: BinaryFunction, _ other: Tensor, isFirst: @escaping (Tensor) -> Tensor
  ) -> Tensor {
    let (x, y) = (widened, other.widened)
    return Tape.record(name, [x, y], output: x.zipped(function, y)) { [a = x.detached(), b = other.shape] vjp in
      let (dy, mask) = (vjp.take(), isFirst(a))
      let zero = dy.constant(0)
      vjp.give(0, mask.selected(dy, zero, like: dy), summedTo: a.shape)
      vjp.give(1, mask.selected(zero, dy, like: dy), summedTo: b)
    }
  }

  /// f(x, y), a constant.
  func zipped(_ function: BinaryFunction, _ other: Tensor) -> Tensor {
    let y = like(shape.broadcast(with: other.shape))
    backend.apply(
      function, StridedView(self).broadcast(to: y.shape), StridedView(other).broadcast(to: y.shape), into: y)
    return y
  }

  /// A number as an operand.
  func constant(_ value: Double) -> Tensor {
    Tensor([], filledWith: value, dtype: dtype == .bf16 ? .f32 : dtype, on: device)
  }
}

extension Tensor {
  /// The sum of two tensors, or of a tensor and a number.
  public static func + (left: Tensor, right: Tensor) -> Tensor { left.adding(right) }
  public static func + (left: Tensor, right: Double) -> Tensor { left.adding(left.constant(right)) }
  public static func + (left: Double, right: Tensor) -> Tensor { right + left }

  /// The difference of two tensors, or of a tensor and a number.
  public static func - (left: Tensor, right: Tensor) -> Tensor { left.subtracting(right) }
  public static func - (left: Tensor, right: Double) -> Tensor { left.adding(left.constant(-right)) }
  public static func - (left: Double, right: Tensor) -> Tensor { right.constant(left).subtracting(right) }

  /// The product of two tensors element by element, or of a tensor and a number.
  public static func * (left: Tensor, right: Tensor) -> Tensor { left.multiplied(by: right) }
  public static func * (left: Tensor, right: Double) -> Tensor { left.scaled(by: right) }
  public static func * (left: Double, right: Tensor) -> Tensor { right.scaled(by: left) }

  /// The quotient of two tensors element by element, or of a tensor and a number.
  public static func / (left: Tensor, right: Tensor) -> Tensor { left.divided(by: right) }
  public static func / (left: Tensor, right: Double) -> Tensor { left.divided(by: left.constant(right)) }
  public static func / (left: Double, right: Tensor) -> Tensor { right.constant(left).divided(by: right) }

  /// −x.
  public static prefix func - (x: Tensor) -> Tensor { x.scaled(by: -1) }

  /// `left = left + right`, and so on. A new tensor: what was recorded of the old one stays.
  public static func += (left: inout Tensor, right: Tensor) { left = left + right }
  public static func -= (left: inout Tensor, right: Tensor) { left = left - right }
  public static func *= (left: inout Tensor, right: Tensor) { left = left * right }
  public static func /= (left: inout Tensor, right: Tensor) { left = left / right }
}
