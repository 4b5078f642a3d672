/// The element type of an array. Names are those of safetensors, in lower case.
public enum DType: String, Sendable, CaseIterable {
  case f64, f32, f16, bf16, i64, i32, i16, i8, u64, u32, u16, u8, bool

  /// Bytes per element.
  public var size: Int {
    switch self {
    case .f64, .i64, .u64: 8
    case .f32, .i32, .u32: 4
    case .f16, .bf16, .i16, .u16: 2
    case .i8, .u8, .bool: 1
    }
  }

  /// Whether elements are floating-point numbers.
  public var isFloating: Bool {
    switch self {
    case .f64, .f32, .f16, .bf16: true
    default: false
    }
  }
}

// Inlinable: loops of other modules convert whole arrays.
extension Float {
  /// The number that has these upper bits and zeros below.
  @inlinable package init(brainBits bits: UInt16) { self.init(bitPattern: UInt32(bits) << 16) }

  /// The bits of the nearest bf16, of two the even one; NaN stays.
  @inlinable package var brainBits: UInt16 {
    // A NaN keeps its sign and becomes quiet; rounding could carry it into infinity.
    if isNaN { return UInt16(truncatingIfNeeded: bitPattern >> 16) | 0x40 }
    return UInt16((bitPattern + 0x7FFF + (bitPattern >> 16 & 1)) >> 16)
  }
}
