internal import CSubImage

/// One augmentation with all its parameters drawn: the operations of Pillow and timm, equal to them byte for byte.
/// Decodable, for references that name them.
public enum PixelOperation: Sendable, Equatable, Decodable {
  /// Luma in all three channels (`convert("L")` and back).
  case grayscale
  /// Values at or above the threshold are inverted (`ImageOps.solarize`).
  case solarize(threshold: Int)
  /// `add` is added to values below 128, up to 255 (timm's `solarize_add`).
  case solarizeAdd(add: Int)
  /// Pillow's `GaussianBlur(radius: sigma)`.
  case gaussianBlur(sigma: Double)
  /// `ImageEnhance.Brightness`: 0 is black, 1 the picture.
  case brightness(factor: Double)
  /// `ImageEnhance.Contrast`: 0 is the mean grey, 1 the picture.
  case contrast(factor: Double)
  /// `ImageEnhance.Color`: 0 is grey, 1 the picture.
  case saturation(factor: Double)
  /// `ImageEnhance.Sharpness`: 0 is smooth, 1 the picture.
  case sharpness(factor: Double)
  /// Every channel stretched to 0...255 (`ImageOps.autocontrast`).
  case autoContrast
  /// Every channel's histogram evened out (`ImageOps.equalize`).
  case equalize
  /// 255 - value.
  case invert
  /// The uppermost bits kept; 8 or more change nothing, 0 gives black.
  case posterize(bits: Int)
  /// Counter-clockwise, in degrees, about the centre.
  case rotate(degrees: Double, Interpolation)
  /// Columns move by `factor` per row.
  case shearX(factor: Double, Interpolation)
  /// Rows move by `factor` per column.
  case shearY(factor: Double, Interpolation)
  /// To the left by that share of the width.
  case translateX(share: Double, Interpolation)
  /// Up by that share of the height.
  case translateY(share: Double, Interpolation)
}

extension RGBImage {
  /// The picture after an operation; `fill` is the colour of what comes in from outside.
  public func applying(_ operation: PixelOperation, fill: [UInt8] = [0, 0, 0]) -> RGBImage {
    let (across, down) = (Double(width), Double(height))
    switch operation {
    case .grayscale:
      return RGBImage(width: width, height: height) { target in withPixels { csi_grayscale($0, target, count) } }
    case .sharpness(let factor):
      return RGBImage(width: width, height: height) { target in
        withPixels { csi_blend_smooth($0, target, Int32(width), Int32(height), Float(factor)) }
      }
    case .rotate(let degrees, let interpolation):
      return rotated(degrees: degrees, interpolation: interpolation, fill: fill)
    case .shearX(let factor, let interpolation):
      return transformed(by: [1, factor, 0, 0, 1, 0], interpolation: interpolation, fill: fill)
    case .shearY(let factor, let interpolation):
      return transformed(by: [1, 0, 0, factor, 1, 0], interpolation: interpolation, fill: fill)
    case .translateX(let share, let interpolation):
      return transformed(by: [1, 0, share * across, 0, 1, 0], interpolation: interpolation, fill: fill)
    case .translateY(let share, let interpolation):
      return transformed(by: [1, 0, 0, 0, 1, share * down], interpolation: interpolation, fill: fill)
    default:
      var result = self
      result.apply(inPlace: operation)
      return result
    }
  }

  private mutating func apply(inPlace operation: PixelOperation) {
    let (pixels, bytes, size) = (count, 3 * count, (Int32(width), Int32(height)))
    switch operation {
    case .solarize(let threshold): withMutablePixels { csi_solarize($0, bytes, Int32(threshold)) }
    case .solarizeAdd(let add): withMutablePixels { csi_solarize_add($0, bytes, Int32(add)) }
    case .gaussianBlur(let sigma):
      guard sigma > 0 else { return }
      let radius = Self.boxRadius(sigma: Float(sigma))
      var done = true
      withMutablePixels { done = csi_box_blur3($0, size.0, size.1, radius) }
      precondition(done, "gaussianBlur: no memory")
    case .brightness(let factor): withMutablePixels { csi_blend_constant($0, bytes, 0, Float(factor)) }
    case .contrast(let factor):
      withMutablePixels { memory in
        let mean = Double(csi_luma_sum(memory, pixels)) / Double(pixels)
        csi_blend_constant(memory, bytes, Int32(mean + 0.5), Float(factor))
      }
    case .saturation(let factor): withMutablePixels { csi_blend_luma($0, pixels, Float(factor)) }
    case .autoContrast: lookUp(Self.autoContrastTable)
    case .equalize: lookUp(Self.equalizeTable)
    case .invert: withMutablePixels { csi_invert($0, bytes) }
    case .posterize(let bits):
      guard bits < 8 else { return }
      withMutablePixels { csi_and($0, bytes, ~((1 << Int32(8 - max(bits, 0))) - 1)) }
    default: preconditionFailure("\(operation) is not done in place")
    }
  }

  /// Replaces every byte through its channel's table, made from the channel's histogram.
  private mutating func lookUp(_ table: (ArraySlice<UInt32>) -> [UInt8]) {
    var counts = [UInt32](repeating: 0, count: 768)
    let pixels = count
    withPixels { csi_histogram($0, pixels, &counts) }
    let tables = table(counts[0..<256]) + table(counts[256..<512]) + table(counts[512..<768])
    withMutablePixels { csi_lookup($0, pixels, tables) }
  }

  private static func autoContrastTable(_ counts: ArraySlice<UInt32>) -> [UInt8] {
    let histogram = Array(counts)
    let low = histogram.firstIndex { $0 > 0 } ?? 0
    let high = histogram.lastIndex { $0 > 0 } ?? 0
    guard high > low else { return Array(0...255) }
    let scale = 255.0 / Double(high - low)
    let offset = -Double(low) * scale
    return (0..<256).map { UInt8(min(255, max(0, Double($0) * scale + offset))) }
  }

  private static func equalizeTable(_ counts: ArraySlice<UInt32>) -> [UInt8] {
    let histogram = counts.map { Int($0) }
    let filled = histogram.filter { $0 > 0 }
    let step = (filled.reduce(0, +) - (filled.last ?? 0)) / 255
    guard filled.count > 1, step > 0 else { return Array(0...255) }
    var sum = step / 2
    return histogram.map { bin in
      defer { sum += bin }
      return UInt8(min(255, sum / step))
    }
  }

  /// The radius of three box blurs that together spread like a Gaussian of that sigma, in Pillow's single precision.
  static func boxRadius(sigma: Float) -> Float {
    let variance = sigma * sigma / 3
    let length = Float((12.0 * Double(variance) + 1.0).squareRoot())
    let whole = Float(((Double(length) - 1.0) / 2.0).rounded(.down))
    let above = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
    return whole + above / (6 * (variance - (whole + 1) * (whole + 1)))
  }
}
