extension Tensor {
  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: Shape) -> Tensor {
    Tape.record("reshaped", [self], output: reshapedView(shape)) { [old = self.shape] vjp in
      vjp.give(0, vjp.take().reshapedView(old))
    }
  }

  /// x + y, equal shapes.
  public func adding(_ other: Tensor) -> Tensor { adding(branch: other) }

  /// alpha · x.
  public func scaled(by alpha: Double) -> Tensor {
    let y = like(shape)
    backend.combine(alpha, self, 0, into: y)
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
    let y = like(shape)
    backend.scale(self, by: factor, 1, into: y)
    return Tape.record("scaledByTensor", [self, factor], output: y) { [x = detached(), s = factor.detached()] vjp in
      let dy = vjp.take()
      vjp.accumulate(1, like: s) { sum in
        let product = dy.like(dy.shape)
        dy.backend.multiply(dy, x, into: product)
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

  /// eˣ.
  public func exponential() -> Tensor {
    let y = like(shape)
    backend.exponential(self, into: y)
    return Tape.record("exponential", [self], output: y) { vjp in
      let dy = vjp.take()
      let dx = dy.like(dy.shape)
      dy.backend.multiply(dy, y, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Inverted dropout; nil is the identity.
  public func dropped(_ dropout: Dropout?) -> Tensor {
    guard let dropout else { return self }
    let y = like(shape)
    backend.dropout(self, dropout, into: y)
    return Tape.record("dropout", [self], output: y) { vjp in
      var dy = vjp.take()
      let dx = dy.reusable()
      dy.backend.dropout(dy, dropout, into: dx)
      vjp.give(0, dx)
    }
  }

  /// xᵀ of the matrix [rows, columns].
  public func transposed() -> Tensor {
    let y = like([shape.columns, shape.rows])
    backend.transpose(self, into: y)
    return Tape.record("transposed", [self], output: y) { [old = shape] vjp in
      let dy = vjp.take()
      let dx = dy.like(old)
      dy.backend.transpose(dy, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Vectors one behind the other: [ΣN].
  public static func concatenated(_ parts: [Tensor]) -> Tensor {
    let y = parts[0].like([parts.reduce(0) { $0 + $1.count }])
    var starts: [Int] = []
    for part in parts {
      starts.append((starts.last ?? 0) + (starts.isEmpty ? 0 : parts[starts.count - 1].count))
      y.backend.combine(1, part, 0, into: y.slice(from: starts.last!, shape: [part.count]))
    }
    let shapes = parts.map(\.shape)
    return Tape.record("concatenated", parts, output: y) { vjp in
      let dy = vjp.take()
      for (index, start) in starts.enumerated() { vjp.give(index, dy.slice(from: start, shape: shapes[index])) }
    }
  }

  /// Rows divided by their length, at least `epsilon`: [..., D] → [..., D].
  public func normalizedRows(epsilon: Double = 1e-12) -> Tensor {
    let (y, norms) = (like(shape), like([shape.rows]))
    backend.normalizeRows(self, epsilon: epsilon, into: y, norms: norms)
    return Tape.record("normalizedRows", [self], output: y) { vjp in
      let dy = vjp.take()
      let dx = dy.like(dy.shape)
      dy.backend.normalizeRowsBackward(y, norms: norms, epsilon: epsilon, dy, into: dx)
      vjp.give(0, dx)
    }
  }

  /// The mean of all elements, a scalar.
  public func mean() -> Tensor {
    let y = like([])
    let segment = Segments(lengths: [count], on: device)
    backend.segmentMean(reshapedView([count, 1]), segment, into: y.reshapedView([1, 1]))
    return Tape.record("mean", [self], output: y) { [old = shape, count] vjp in
      let dy = vjp.take()
      let ones = Tensor(old, filledWith: 1 / Double(count), dtype: dy.dtype, on: dy.device)
      dy.backend.scale(ones, by: dy, 1, into: ones)
      vjp.give(0, ones)
    }
  }

  /// Uniform numbers in [0, 1): element i is position i of the stream.
  public static func uniform(_ shape: Shape, _ key: RandomKey, on device: Device) -> Tensor {
    let y = Tensor(uninitialized: shape, on: device)
    y.backend.uniform(key, into: y)
    return y
  }
}
