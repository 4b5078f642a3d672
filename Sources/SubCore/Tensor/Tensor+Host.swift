extension Tensor {
  /// A copy of a host array on a device: floating-point types become `dtype` (f32 unless given), u8 and bool become u8,
  /// other integers i32.
  public init(_ array: HostArray, dtype wanted: DType? = nil, on device: Device) {
    let dtype: DType =
      wanted ?? (array.dtype.isFloating ? .f32 : array.dtype == .u8 || array.dtype == .bool ? .u8 : .i32)
    self.init(uninitialized: Shape(array.shape), dtype: dtype, on: device)
    write(array)
  }

  /// An f32 tensor (or f64) from numbers.
  public init(_ elements: [Double], _ shape: Shape, dtype: DType = .f32, on device: Device) {
    self.init(HostArray(elements, shape: shape.dimensions, dtype: .f64), dtype: dtype, on: device)
  }

  /// Indices.
  public init(indices: [Int], on device: Device) {
    self.init(
      HostArray(indices.map { Int32($0) }, shape: [indices.count]), dtype: .i32, on: device)
  }

  /// Replaces the values by those of a host array of the same count.
  public func write(_ array: HostArray) {
    precondition(array.count == count, "write: \(array.shape) into \(shape)")
    storage.shadow?.invalidate()
    func upload<Element>(_ elements: [Element]) {
      elements.withUnsafeBytes { backend.upload($0, to: self) }
    }
    if (array.dtype == dtype) || (dtype == .u8 && array.dtype == .bool) {
      array.withBytes { backend.upload($0, to: self) }
      return
    }
    switch dtype {
    case .f32: upload(array.floats())
    case .f64: upload(array.doubles())
    case .bf16: upload(array.floats().map(\.brainBits))
    case .i32: upload(array.integers().map { Int32(truncatingIfNeeded: $0) })
    case .u8: upload(array.integers().map { UInt8(truncatingIfNeeded: $0) })
    default: preconditionFailure("Tensor: \(dtype) is a storage type, not one to compute with")
    }
  }

  /// A copy on the host. Waits for the device.
  public func host() -> HostArray {
    let buffer = HostBuffer(byteCount: count * dtype.size) { backend.download(detached(), into: $0) }
    return HostArray(dtype: dtype, shape: shape.dimensions, buffer: buffer)
  }

  /// The elements as `Float`s on the host.
  public func floats() -> [Float] { host().floats() }
  /// The elements as `Double`s on the host.
  public func doubles() -> [Double] { host().doubles() }
  /// The value of a one-element tensor. Waits for the device.
  public var item: Double {
    precondition(count == 1, "item: shape \(shape)")
    return doubles()[0]
  }
}

extension Tensor: CustomStringConvertible {
  public var description: String { "Tensor(\(shape), \(dtype), \(device))" }
}
