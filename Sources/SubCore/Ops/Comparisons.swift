// Answers are u8 tensors, 1 for yes, and constants.
extension Tensor {
  /// Where x < y; as in arithmetic, operands repeat.
  public static func .< (left: Tensor, right: Tensor) -> Tensor { left.compared(.less, right) }
  public static func .< (left: Tensor, right: Double) -> Tensor { left .< left.constant(right) }
  /// Where x ≤ y.
  public static func .<= (left: Tensor, right: Tensor) -> Tensor { left.compared(.lessOrEqual, right) }
  public static func .<= (left: Tensor, right: Double) -> Tensor { left .<= left.constant(right) }
  /// Where x > y.
  public static func .> (left: Tensor, right: Tensor) -> Tensor { right .< left }
  public static func .> (left: Tensor, right: Double) -> Tensor { left.constant(right) .< left }
  /// Where x ≥ y.
  public static func .>= (left: Tensor, right: Tensor) -> Tensor { right .<= left }
  public static func .>= (left: Tensor, right: Double) -> Tensor { left.constant(right) .<= left }
  /// Where x = y.
  public static func .== (left: Tensor, right: Tensor) -> Tensor { left.compared(.equal, right) }
  public static func .== (left: Tensor, right: Double) -> Tensor { left .== left.constant(right) }

  /// `other` where the mask (u8) is not 0, else x. All three repeat as operands of arithmetic do.
  public func replacing(with other: Tensor, where mask: Tensor) -> Tensor {
    precondition(mask.dtype == .u8, "replacing: a mask is u8, not \(mask.dtype)")
    let whole = shape.broadcast(with: other.shape).broadcast(with: mask.shape)
    let (old, new) = (widened, other.widened)
    let y = old.like(whole)
    let flags = mask.spread(to: whole)
    backend.select(flags, new.spread(to: whole), old.spread(to: whole), into: y)
    return Tape.record("replacing", [old, new], output: y) { [x = shape, other = other.shape] vjp in
      let dy = vjp.take()
      let zero = dy.constant(0)
      vjp.give(0, flags.selected(zero, dy, like: dy), summedTo: x)
      vjp.give(1, flags.selected(dy, zero, like: dy), summedTo: other)
    }
  }

  /// x with a number where the mask (u8) is not 0.
  public func replacing(with value: Double, where mask: Tensor) -> Tensor {
    replacing(with: constant(value), where: mask)
  }

  /// The answers, u8.
  func compared(_ comparison: Comparison, _ other: Tensor) -> Tensor {
    let whole = shape.broadcast(with: other.shape)
    let y = like(whole, dtype: .u8)
    backend.compare(
      comparison, StridedView(widened).broadcast(to: whole), StridedView(other.widened).broadcast(to: whole), into: y)
    return y
  }

  /// `a` where this mask is not 0, else `b`; either may be one element. A constant like `model`.
  func selected(_ a: Tensor, _ b: Tensor, like model: Tensor) -> Tensor {
    let y = model.like(model.shape)
    y.backend.select(detached(), a, b, into: y)
    return y
  }

  /// This operand as a selection takes it, a constant: whole, or one element.
  private func spread(to whole: Shape) -> Tensor {
    shape == whole || count == 1 && dtype != .u8 ? detached() : StridedView(self).broadcast(to: whole).dense()
  }
}
