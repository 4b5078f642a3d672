/// A device whose memory is the host's. What follows are plain loops where no kernel would be faster or be missed.
protocol HostBackend: Backend {}

extension HostBackend {
  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor) {
    precondition(bytes.count == y.count * y.dtype.size, "upload: \(bytes.count) bytes into \(y)")
    guard let base = bytes.baseAddress else { return }
    UnsafeMutableRawPointer(y.pointer(UInt8.self)).copyMemory(from: base, byteCount: bytes.count)
  }

  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    guard bytes.count > 0 else { return }
    bytes.copyMemory(from: UnsafeRawBufferPointer(start: x.pointer(UInt8.self), count: bytes.count))
  }

  /// Everything is done when its call returns.
  func synchronize() {}

  func scalar(_ rule: ScalarRule, _ a: Tensor, _ b: Tensor?, into y: Tensor) {
    y.scalarPointer[0] = rule.value(a.scalarPointer[0], b?.scalarPointer[0] ?? 1)
  }

  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor) {
    let (x, best) = (Elements(x), y.pointer(Int32.self))
    for outer in 0..<axes.outer {
      for inner in 0..<axes.inner {
        let column = x.from(outer * axes.length * axes.inner + inner)
        var (place, largest) = (0, column[0])
        for index in 1..<max(1, axes.length) where !largest.isNaN {
          let value = column[index * axes.inner]
          if value > largest || value.isNaN { (place, largest) = (index, value) }
        }
        best[outer * axes.inner + inner] = Int32(place)
      }
    }
  }

  func convert(_ x: Tensor, into y: Tensor) { convertElements(x, into: y) }

  /// `convert` one element at a time.
  func convertElements(_ x: Tensor, into y: Tensor) {
    func write<Target: BinaryInteger>(_ target: UnsafeMutablePointer<Target>) {
      let source = Elements(x)
      for i in 0..<y.count { target[i] = Target(source[i]) }
    }
    func read<Source: BinaryInteger>(_ source: UnsafeMutablePointer<Source>) {
      let target = Elements(y)
      for i in 0..<y.count { target[i] = Double(source[i]) }
    }
    switch (x.dtype, y.dtype) {
    case (.u8, _): read(x.pointer(UInt8.self))
    case (.i32, _): read(x.pointer(Int32.self))
    case (_, .u8): write(y.pointer(UInt8.self))
    case (_, .i32): write(y.pointer(Int32.self))
    default:
      let (source, target) = (Elements(x), Elements(y))
      for i in 0..<y.count { target[i] = source[i] }
    }
  }

  /// `copy` of elements that are not computed with: indices, flags.
  func copyBits(_ x: StridedView, into y: StridedView) {
    func copy<Bits>(_ type: Bits.Type) {
      let (from, to) = (x.base.pointer(type), y.base.pointer(type))
      for (source, target) in zip(x.offsets, y.offsets) { to[target] = from[source] }
    }
    switch x.base.dtype.size {
    case 1: copy(UInt8.self)
    case 2: copy(UInt16.self)
    case 4: copy(UInt32.self)
    default: copy(UInt64.self)
    }
  }
}

extension Tensor {
  /// A scalar of a step.
  var scalarPointer: UnsafeMutablePointer<Double> {
    precondition(dtype == .f64 && count == 1, "\(dtype) \(shape) where a scalar in f64 is computed")
    return pointer(Double.self)
  }
}
