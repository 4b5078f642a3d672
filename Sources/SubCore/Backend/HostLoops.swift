/// Plain loops for devices whose memory is the host's, where no kernel would be faster or be missed.
extension Backend {
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

  func convert(_ x: Tensor, into y: Tensor) {
    func read<Source: BinaryInteger>(_ source: UnsafeMutablePointer<Source>) {
      let target = Elements(y)
      for i in 0..<y.count { target[i] = Double(source[i]) }
    }
    switch x.dtype {
    case .u8: read(x.pointer(UInt8.self))
    case .i32: read(x.pointer(Int32.self))
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
