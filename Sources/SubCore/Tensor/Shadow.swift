/// Weights once more in a lower precision, element for element: what products read. The optimizer's pass rewrites it; when
/// anything else has written the weights, it is made again as soon as somebody asks.
final class Shadow {
  let dtype: DType
  private let memory: Storage
  private let count: Int
  private var isCurrent = false

  init(of weights: Tensor, as dtype: DType) {
    self.dtype = dtype
    count = weights.count
    memory = Storage(device: weights.device, byteCount: max(1, weights.count) * dtype.size)
  }

  /// The weights have changed.
  func invalidate() { isCurrent = false }

  /// The elements as they are, for a pass that changes the weights and these with them. Nil where all must be made again.
  var current: Tensor? { isCurrent ? whole : nil }

  /// The elements that `weights`, a view of `storage`, has there.
  func view(of weights: Tensor) -> Tensor {
    if !isCurrent {
      let all = Tensor(shape: [count], dtype: weights.dtype, storage: weights.storage)
      all.backend.convert(all, into: whole)
      isCurrent = true
    }
    return Tensor(shape: weights.shape, dtype: dtype, storage: memory, offset: weights.offset)
  }

  private var whole: Tensor { Tensor(shape: [count], dtype: dtype, storage: memory) }
}

extension Tensor {
  /// The type in which products with this tensor as their weight compute.
  public var productType: DType { storage.shadow?.dtype ?? dtype }

  /// This constant in another floating-point type: its shadow's elements where it has one of that type, else a copy.
  func lowered(to dtype: DType) -> Tensor {
    guard self.dtype != dtype else { return detached() }
    if let shadow = storage.shadow, shadow.dtype == dtype { return shadow.view(of: self) }
    let y = like(shape, dtype: dtype)
    backend.convert(detached(), into: y)
    return y
  }
}
