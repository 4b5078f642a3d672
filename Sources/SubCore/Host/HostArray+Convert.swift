extension HostArray {
  /// Every element as `Float`; integers and f64 are rounded to nearest, f16 and bf16 widened exactly.
  public func floats() -> [Float] { numbers() }
  /// Every element as `Double`.
  public func doubles() -> [Double] { numbers() }

  /// Every element as `Int`; floating-point elements must be whole numbers in range.
  public func integers() -> [Int] {
    switch dtype {
    case .i64: elements(Int64.self).map { Int($0) }
    case .i32: elements(Int32.self).map { Int($0) }
    case .i16: elements(Int16.self).map { Int($0) }
    case .i8: elements(Int8.self).map { Int($0) }
    case .u64: elements(UInt64.self).map { Int(truncatingIfNeeded: $0) }
    case .u32: elements(UInt32.self).map { Int($0) }
    case .u16: elements(UInt16.self).map { Int($0) }
    case .u8, .bool: elements(UInt8.self).map { Int($0) }
    case .f64, .f32, .f16, .bf16: doubles().map { Int(exactly: $0) ?? 0 }
    }
  }

  /// The elements read as `Element`, whose size must be the dtype's. Unaligned bytes are fine.
  public func elements<Element: BitwiseCopyable>(_ type: Element.Type) -> [Element] {
    precondition(MemoryLayout<Element>.size == dtype.size, "HostArray: \(dtype) read as \(type)")
    return withBytes { bytes in
      [Element](unsafeUninitializedCapacity: count) { target, initialized in
        if bytes.count > 0 { UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes) }
        initialized = count
      }
    }
  }

  private func numbers<Number: BinaryFloatingPoint>() -> [Number] {
    switch dtype {
    case .f32: elements(Float.self).map { Number($0) }
    case .f64: elements(Double.self).map { Number($0) }
    case .bf16: elements(UInt16.self).map { Number(Float(brainBits: $0)) }
    case .f16: elements(UInt16.self).map { Number(Self.float(half: $0)) }
    case .i64: elements(Int64.self).map { Number($0) }
    case .u64: elements(UInt64.self).map { Number($0) }
    default: integers().map { Number($0) }
    }
  }

  /// The value of an IEEE 754 half-precision bit pattern. (`Float16` does not exist on every platform.)
  static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let exponent = Int(bits >> 10) & 31
    let mantissa = UInt32(bits & 0x3ff)
    switch exponent {
    case 0:  // zero or subnormal: mantissa * 2^-24
      return Float(bitPattern: sign | (Float(mantissa) * 0x1p-24).bitPattern)
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | mantissa << 13)
    default: return Float(bitPattern: sign | UInt32(exponent + 112) << 23 | mantissa << 13)
    }
  }
}
