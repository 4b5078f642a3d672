extension Tensor {
  /// eˣ.
  public func exp() -> Tensor {
    let x = widened
    let y = x.mapped(.exp)
    return Tape.record("exp", [x], output: y) { vjp in vjp.give(0, vjp.take().zipped(.multiply, y)) }
  }

  /// The natural logarithm.
  public func log() -> Tensor {
    let x = widened
    return Tape.record("log", [x], output: x.mapped(.log)) { [x = x.detached()] vjp in
      vjp.give(0, vjp.take().zipped(.divide, x))
    }
  }

  /// √x.
  public func sqrt() -> Tensor {
    let x = widened
    let y = x.mapped(.sqrt)
    return Tape.record("sqrt", [x], output: y) { vjp in vjp.give(0, vjp.take().zipped(.divide, y).scaled(by: 0.5)) }
  }

  /// |x|; its derivative at 0 is 0.
  public func abs() -> Tensor {
    let x = widened
    return Tape.record("abs", [x], output: x.mapped(.abs)) { [x = x.detached()] vjp in
      vjp.give(0, vjp.take().zipped(.multiply, x.mapped(.sign)))
    }
  }

  /// x to a power. Of negative numbers only whole powers exist; others are NaN.
  public func power(_ exponent: Double) -> Tensor {
    switch exponent {
    case 0: return like(shape, filledWith: 1)
    case 1: return self
    case 2: return multiplied(by: self)
    default:
      let x = widened
      return Tape.record("power", [x], output: x.mapped(.power(exponent))) { [x = x.detached()] vjp in
        vjp.give(0, vjp.take().zipped(.multiply, x.mapped(.power(exponent - 1))).scaled(by: exponent))
      }
    }
  }

  /// The nearest number in a range. Outside it the gradient is zero.
  public func clamped(to range: ClosedRange<Double>) -> Tensor {
    maximum(constant(range.lowerBound)).minimum(constant(range.upperBound))
  }

  /// An activation by itself; behind a product it is part of `linear`.
  public func activated(_ activation: Activation) -> Tensor {
    let y = like(shape)
    backend.activate(activation, detached(), into: y)
    let saved = activation.savesOutput ? y : detached()
    return Tape.record("activated", [self], output: y) { vjp in
      var dy = vjp.take()
      let dx = dy.reusable()
      dx.backend.activationBackward(activation, saved: saved, dy, into: dx, columnSum: nil)
      vjp.give(0, dx)
    }
  }

  /// x · Φ(x), exactly.
  public func gelu() -> Tensor { activated(.gelu) }
  /// max(x, 0).
  public func relu() -> Tensor { activated(.relu) }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { activated(.tanh) }
  /// 1 / (1 + e⁻ˣ).
  public func sigmoid() -> Tensor { activated(.sigmoid) }

  /// f(x), a constant.
  func mapped(_ function: UnaryFunction) -> Tensor {
    let y = like(shape)
    backend.apply(function, detached(), into: y)
    return y
  }
}
