/// A dense row-major array on a device, possibly recorded on the tape.
///
/// A value: operations make new tensors. Views (`reshaped`, `rows`) share memory. Gradients flow to `Parameter`s only.
public struct Tensor {
  /// The lengths of the axes.
  public let shape: Shape
  /// f32 or, for activations and what products read, bf16; f64 too on the reference; i32 and u8 for indices and masks.
  public let dtype: DType
  var storage: Storage
  /// First element, counted in elements.
  let offset: Int
  /// Where a gradient of this tensor goes; nil for constants.
  var source: Source?

  /// The number of elements.
  public var count: Int { shape.count }
  /// Where the memory is.
  public var device: Device { storage.device }
  var backend: any Backend { storage.device.backend }

  init(shape: Shape, dtype: DType, storage: Storage, offset: Int = 0, source: Source? = nil) {
    self.shape = shape
    self.dtype = dtype
    self.storage = storage
    self.offset = offset
    self.source = source
  }

  /// Uninitialised memory.
  public init(uninitialized shape: Shape, dtype: DType = .f32, on device: Device) {
    self.init(
      shape: shape, dtype: dtype, storage: Storage(device: device, byteCount: max(1, shape.count) * dtype.size))
  }

  /// Every element `value`.
  public init(_ shape: Shape, filledWith value: Double, dtype: DType = .f32, on device: Device) {
    self.init(uninitialized: shape, dtype: dtype, on: device)
    backend.fill(self, with: value)
  }

  /// Whether gradients flow through this tensor.
  public var isTracked: Bool { source != nil }

  /// The same values as a constant.
  public func detached() -> Tensor { Tensor(shape: shape, dtype: dtype, storage: storage, offset: offset) }

  /// Uninitialised memory of the same type and device.
  func like(_ shape: Shape, dtype: DType? = nil) -> Tensor {
    Tensor(uninitialized: shape, dtype: dtype ?? self.dtype, on: device)
  }

  /// Every element `value`, of the same type and device.
  func like(_ shape: Shape, filledWith value: Double) -> Tensor {
    Tensor(shape, filledWith: value, dtype: dtype, on: device)
  }

  /// A constant view of `count` elements from `start`.
  func slice(from start: Int, shape: Shape) -> Tensor {
    precondition(start >= 0 && start + shape.count <= count, "slice: \(start)+\(shape) of \(self.shape)")
    return Tensor(shape: shape, dtype: dtype, storage: storage, offset: offset + start)
  }

  /// A constant view of some of the entries along the first axis: the samples of a batch.
  public func samples(_ range: Range<Int>) -> Tensor {
    slice(
      from: range.lowerBound * (count / max(1, shape[0])), shape: Shape([range.count] + shape.dimensions.dropFirst()))
  }

  /// Typed memory for backends.
  func pointer<Element>(_ type: Element.Type) -> UnsafeMutablePointer<Element> {
    assert(source == nil, "a backend was given a tracked tensor")
    return (storage.memory + offset * dtype.size).assumingMemoryBound(to: type)
  }
}
