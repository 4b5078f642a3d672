import SubCore

/// Gathers elements that lie apart, or in the other byte order, into a row-major array in the machine's order.
struct StridedCopy {
  /// Bytes per element: 1, 2, 4 or 8.
  let elementSize: Int
  let shape: [Int]
  /// Elements from one index to the next along every axis; never negative.
  let strides: [Int]
  /// Whether the bytes of each element are in the other order.
  let swapped: Bool

  /// A copy of elements that lie so. The stride of an axis of length 1 leads nowhere: whatever a file says, it is 0.
  init(elementSize: Int, shape: [Int], strides: [Int], swapped: Bool) {
    (self.elementSize, self.shape, self.swapped) = (elementSize, shape, swapped)
    self.strides = zip(shape, strides).map { $0 == 1 && $1 > 0 ? 0 : $1 }
  }

  /// Whether the elements already lie as they should.
  var isIdentity: Bool { (!swapped || elementSize == 1) && isContiguous }

  /// Whether the elements lie row-major without gaps. Axes of length 1 have no say.
  private var isContiguous: Bool {
    if shape.contains(0) { return true }
    var expected = 1
    for (length, stride) in zip(shape, strides).reversed() where length != 1 {
      if stride != expected { return false }
      expected *= length
    }
    return true
  }

  /// Strides of a row-major array; the product must not overflow.
  static func rowMajor(_ shape: [Int]) -> [Int] {
    var strides = [Int](repeating: 1, count: shape.count)
    for axis in shape.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * max(shape[axis + 1], 1) }
    return strides
  }

  /// Strides of a column-major array.
  static func columnMajor(_ shape: [Int]) -> [Int] { rowMajor(shape.reversed()).reversed() }

  /// The index beyond the last element that is touched, in elements; nil where that overflows or a stride is negative.
  var extent: Int? {
    if shape.contains(0) { return 0 }
    var last = 0
    for (length, stride) in zip(shape, strides) {
      guard stride >= 0 else { return nil }
      let (step, overflow) = stride.multipliedReportingOverflow(by: length - 1)
      let (sum, carry) = last.addingReportingOverflow(step)
      guard !overflow, !carry else { return nil }
      last = sum
    }
    return last == .max ? nil : last + 1
  }

  /// A new row-major array. The caller has checked that `extent` elements lie at `byteOffset`.
  func array(_ dtype: DType, from source: HostBuffer, byteOffset: Int) -> HostArray {
    let count = shape.reduce(1, *)
    let buffer = HostBuffer(byteCount: count * elementSize) { target in
      let bytes = UnsafeRawBufferPointer(rebasing: source.bytes[byteOffset...])
      switch elementSize {
      case 1: copy(UInt8.self, bytes, target)
      case 2: copy(UInt16.self, bytes, target)
      case 4: copy(UInt32.self, bytes, target)
      default: copy(UInt64.self, bytes, target)
      }
    }
    return HostArray(dtype: dtype, shape: shape, buffer: buffer)
  }

  private func copy<Element: FixedWidthInteger & BitwiseCopyable>(
    _ type: Element.Type, _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer
  ) {
    let count = target.count / elementSize
    guard count > 0 else { return }
    let inner = shape.last ?? 1
    let innerStride = (strides.last ?? 1) * elementSize
    var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
    var start = 0
    var written = 0
    while written < count {
      var from = start
      for _ in 0..<inner {
        let element = source.loadUnaligned(fromByteOffset: from, as: type)
        target.storeBytes(of: swapped ? element.byteSwapped : element, toByteOffset: written * elementSize, as: type)
        written += 1
        from += innerStride
      }
      // The next row: the last outer axis that has not come to its end moves on, those after it start over.
      for axis in index.indices.reversed() {
        index[axis] += 1
        start += strides[axis] * elementSize
        if index[axis] < shape[axis] { break }
        start -= index[axis] * strides[axis] * elementSize
        index[axis] = 0
      }
    }
  }
}
