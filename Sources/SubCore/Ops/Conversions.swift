extension Tensor {
  /// The elements as another floating-point type, rounded to the nearest. Of masks and indices: numbers to compute with, a
  /// constant.
  public func converted(to dtype: DType) -> Tensor {
    precondition(dtype.isFloating, "converted: \(dtype) is no type to compute with")
    guard dtype != self.dtype else { return self }
    guard self.dtype.isFloating else {
      let y = like(shape, dtype: dtype)
      backend.convert(detached(), into: y)
      return y
    }
    return Tape.record("converted", [self], output: detached().lowered(to: dtype)) { [x = detached()] vjp in
      let dy = vjp.take()
      vjp.accumulate(0, like: x) { $0.tensor.backend.combine(1, dy, $0.beta, into: $0.tensor) }
    }
  }

  /// As f32 where this is bf16. Whatever is no product, norm or move of rows computes in f32, and so is its result: only
  /// what products read is kept in the lower type.
  var widened: Tensor { dtype == .bf16 ? converted(to: .f32) : self }
}
