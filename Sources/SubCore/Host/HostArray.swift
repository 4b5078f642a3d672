/// A dense row-major array on the host: bytes with a type and a shape. What files hold and what loaders hand over.
public struct HostArray: Sendable {
  /// The element type.
  public let dtype: DType
  /// The length of every axis; empty for a scalar.
  public let shape: [Int]
  /// The memory, possibly a file mapping that several arrays share.
  public let buffer: HostBuffer
  /// Where the first element lies in `buffer`, in bytes. Not necessarily aligned to the element's size.
  public let byteOffset: Int

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The number of bytes.
  public var byteCount: Int { count * dtype.size }

  /// An array over bytes that exist; `shape` must fit into the buffer.
  public init(dtype: DType, shape: [Int], buffer: HostBuffer, byteOffset: Int = 0) {
    self.dtype = dtype
    self.shape = shape
    self.buffer = buffer
    self.byteOffset = byteOffset
    precondition(shape.allSatisfy { $0 >= 0 }, "HostArray: negative length in \(shape)")
    precondition(
      byteOffset >= 0 && byteOffset + byteCount <= buffer.bytes.count,
      "HostArray: \(shape) of \(dtype) at \(byteOffset) exceeds \(buffer.bytes.count) bytes")
  }

  /// An array of the given elements, whose type must be `dtype`'s own (`Float` for `.f32`, `Int64` for `.i64`, …).
  public init<Element: BitwiseCopyable>(_ elements: [Element], shape: [Int], dtype: DType) {
    precondition(
      MemoryLayout<Element>.size == dtype.size && elements.count == shape.reduce(1, *),
      "HostArray: \(elements.count) elements of \(Element.self) do not make \(shape) of \(dtype)")
    let buffer = HostBuffer(byteCount: elements.count * dtype.size) { memory in
      elements.withUnsafeBytes { memory.copyMemory(from: $0) }
    }
    self.init(dtype: dtype, shape: shape, buffer: buffer)
  }

  /// An f32 array.
  public init(_ elements: [Float], shape: [Int]) { self.init(elements, shape: shape, dtype: .f32) }
  /// An i64 array.
  public init(_ elements: [Int64], shape: [Int]) { self.init(elements, shape: shape, dtype: .i64) }
  /// An i32 array.
  public init(_ elements: [Int32], shape: [Int]) { self.init(elements, shape: shape, dtype: .i32) }

  /// The array's own bytes.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try body(UnsafeRawBufferPointer(rebasing: buffer.bytes[byteOffset..<(byteOffset + byteCount)]))
  }

  /// The same elements under another shape of the same count.
  public func reshaped(_ shape: [Int]) -> HostArray {
    precondition(shape.reduce(1, *) == count, "HostArray: \(self.shape) is no \(shape)")
    return HostArray(dtype: dtype, shape: shape, buffer: buffer, byteOffset: byteOffset)
  }
}
