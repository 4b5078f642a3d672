/// What an operation reads or writes.
protocol Traffic {
  /// The bytes of it.
  var byteCount: Int { get }
}

extension Tensor: Traffic {
  var byteCount: Int { count * dtype.size }
}

extension Matrix: Traffic {
  var byteCount: Int { rows * columns * tensor.dtype.size }
}

extension MatrixBatch: Traffic {
  var byteCount: Int { starts.count * rows * columns * tensor.dtype.size }
}

extension StridedView: Traffic {
  var byteCount: Int { shape.count * base.dtype.size }
}

extension Accumulation: Traffic {
  /// What a sum is added to is read too.
  var byteCount: Int { tensor.byteCount * (beta == 0 ? 1 : 2) }
}

extension Array: Traffic where Element: Traffic {
  var byteCount: Int { reduce(0) { $0 + $1.byteCount } }
}

extension PixelBatch: Traffic {
  /// A blend reads every picture twice.
  var byteCount: Int {
    let isBlend = if case .blend = mixing { true } else { false }
    return (bytes.byteCount + 4 * noise.count) * (isBlend ? 2 : 1)
  }
}

extension Target: Traffic {
  var byteCount: Int {
    switch self {
    case .labels(let tensor, _), .probabilities(let tensor): tensor.byteCount
    }
  }
}

extension AttentionCall: Traffic {
  var byteCount: Int { [q, k, v].byteCount + (bias?.byteCount ?? 0) }
}

extension ResidualNormCall: Traffic {
  var byteCount: Int { x.byteCount + (h?.byteCount ?? 0) }
}

extension BatchNormCall: Traffic {
  var byteCount: Int { x.byteCount + (shortcut?.byteCount ?? 0) }
}

extension OptimizerMemory: Traffic {
  /// Weights and moments are read and written, gradients read, a shadow written.
  var byteCount: Int { 2 * [p, m, v].byteCount + g.byteCount + (shadow?.byteCount ?? 0) }
}
