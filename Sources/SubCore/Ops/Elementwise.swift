extension Tensor {
  /// alpha · x.
  public func scaled(by alpha: Double) -> Tensor {
    let y = like(shape)
    backend.combine(alpha, detached(), 0, into: y)
    return Tape.record("scaled", [self], output: y) { vjp in
      var dy = vjp.take()
      let dx = dy.reusable()
      dy.backend.combine(alpha, dy, 0, into: dx)
      vjp.give(0, dx)
    }
  }

  /// factor · x with a one-element factor that has a gradient of its own.
  public func scaled(by factor: Tensor) -> Tensor {
    precondition(factor.count == 1, "scaled: factor \(factor.shape) is not a scalar")
    guard dtype != .bf16 else { return widened.scaled(by: factor) }
    let y = like(shape)
    backend.scale(detached(), by: factor.detached(), 1, into: y)
    return Tape.record("scaledByTensor", [self, factor], output: y) { [x = detached(), s = factor.detached()] vjp in
      let dy = vjp.take()
      vjp.accumulate(1, like: s) { sum in
        let product = dy.zipped(.multiply, x)
        // The sum over all elements as the column sum of one column.
        dy.backend.columnSum(Matrix(product.reshapedView([product.count, 1])), into: sum)
      }
      if vjp.wants(0) {
        let dx = dy.like(dy.shape)
        dy.backend.scale(dy, by: s, 1, into: dx)
        vjp.give(0, dx)
      }
    }
  }

  /// Inverted dropout; nil is the identity.
  public func dropped(_ dropout: Dropout?) -> Tensor {
    guard let dropout else { return self }
    let y = like(shape)
    backend.dropout(detached(), dropout, into: y)
    return Tape.record("dropout", [self], output: y) { vjp in
      var dy = vjp.take()
      let dx = dy.reusable()
      dy.backend.dropout(dy, dropout, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Rows divided by their length, at least `epsilon`: [..., D] → [..., D].
  public func normalizedRows(epsilon: Double = 1e-12) -> Tensor {
    guard dtype != .bf16 else { return widened.normalizedRows(epsilon: epsilon) }
    let (y, norms) = (like(shape), like([shape.rows]))
    backend.normalizeRows(detached(), epsilon: epsilon, into: y, norms: norms)
    return Tape.record("normalizedRows", [self], output: y) { vjp in
      let dy = vjp.take()
      let dx = dy.like(dy.shape)
      dy.backend.normalizeRowsBackward(y, norms: norms, epsilon: epsilon, dy, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Uniform numbers in [0, 1): element i is position i of the stream.
  public static func uniform(_ shape: Shape, _ key: RandomKey, on device: Device) -> Tensor {
    let y = Tensor(uninitialized: shape, on: device)
    y.backend.uniform(key, into: y)
    return y
  }
}
