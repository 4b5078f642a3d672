public import SubCore

extension HostArray {
  /// The same numbers in another floating-point type, rounded to nearest, ties to even, in one rounding. Only for
  /// floating-point arrays; the same type returns the array itself.
  public func floating(as type: DType) -> HostArray {
    precondition(dtype.isFloating && type.isFloating, "HostArray.floating: \(dtype) as \(type)")
    switch (dtype, type) {
    case _ where type == dtype: return self
    case (_, .f64): return HostArray(doubles(), shape: shape, dtype: .f64)
    case (_, .f32): return HostArray(floats(), shape: shape)
    case (.f64, .bf16): return mapped(as: type) { (value: Double) in Self.oddFloat(value).brainBits }
    case (.f64, _): return mapped(as: type, Self.half(_:) as (Double) -> UInt16)
    case (.f32, .bf16): return mapped(as: type) { (value: Float) in value.brainBits }
    case (.f32, _): return mapped(as: type, Self.half(_:) as (Float) -> UInt16)
    default: return HostArray(floats(), shape: shape).floating(as: type)
    }
  }

  /// The array of `body`'s results, one for each of this array's elements.
  @inline(__always) private func mapped<Element: BitwiseCopyable>(
    as type: DType, _ body: (Element) -> UInt16
  ) -> HostArray {
    let buffer = HostBuffer(byteCount: count * 2) { target in
      withBytes { source in
        for index in 0..<count {
          let element = source.loadUnaligned(fromByteOffset: index * MemoryLayout<Element>.size, as: Element.self)
          target.storeBytes(of: body(element), toByteOffset: index * 2, as: UInt16.self)
        }
      }
    }
    return HostArray(dtype: type, shape: shape, buffer: buffer)
  }

  /// The half-precision bits nearest to a number.
  static func half(_ value: Double) -> UInt16 { half(oddFloat(value)) }

  /// The half-precision bits nearest to a number.
  static func half(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: bits >> 16) & 0x8000
    let magnitude = bits & 0x7fff_ffff
    if magnitude > 0x7f80_0000 { return sign | 0x7e00 | UInt16(truncatingIfNeeded: magnitude >> 13 & 0x3ff) }
    if magnitude >= 0x477f_f000 { return sign | 0x7c00 }  // 65520 and above round to infinity
    if magnitude < 0x3880_0000 {  // below 2^-14: a multiple of 2^-24; adding 0.5 lets the processor round to it
      return sign | UInt16(truncatingIfNeeded: (Float(bitPattern: magnitude) + 0.5).bitPattern - 0x3f00_0000)
    }
    return sign | UInt16(truncatingIfNeeded: (magnitude - 0x3800_0000 + 0xfff + (magnitude >> 13 & 1)) >> 13)
  }

  /// A `Float` whose last bit is set where the conversion is inexact: rounding it further equals rounding the `Double`.
  private static func oddFloat(_ value: Double) -> Float {
    let nearest = Float(value)
    guard nearest.isFinite, Double(nearest) != value else { return nearest }
    let truncated = Double(nearest).magnitude > value.magnitude ? towardZero(nearest) : nearest
    return Float(bitPattern: truncated.bitPattern | 1)
  }

  private static func towardZero(_ value: Float) -> Float { Float(bitPattern: value.bitPattern - 1) }
}
