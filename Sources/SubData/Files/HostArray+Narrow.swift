public import SubCore

extension HostArray {
  /// The same numbers in another floating-point type, rounded to nearest, ties to even, in one rounding. Only for
  /// floating-point arrays; the same type returns the array itself.
  public func floating(as type: DType) -> HostArray {
    precondition(dtype.isFloating && type.isFloating, "HostArray.floating: \(dtype) as \(type)")
    if type == dtype { return self }
    switch type {
    case .f64: return HostArray(doubles(), shape: shape, dtype: .f64)
    case .f32: return HostArray(floats(), shape: shape)
    case .bf16 where dtype == .f64: return HostArray(doubles().map(Self.brain), shape: shape, dtype: .bf16)
    case .bf16: return HostArray(floats().map(Self.brain), shape: shape, dtype: .bf16)
    default:
      return dtype == .f64
        ? HostArray(doubles().map(Self.half), shape: shape, dtype: .f16)
        : HostArray(floats().map(Self.half), shape: shape, dtype: .f16)
    }
  }

  /// The bfloat16 bits nearest to a number.
  static func brain(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    // A NaN keeps its sign and becomes quiet; rounding could carry it into infinity.
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits + 0x7fff + (bits >> 16 & 1)) >> 16)
  }

  /// The bfloat16 bits nearest to a number.
  static func brain(_ value: Double) -> UInt16 { brain(oddFloat(value)) }
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
