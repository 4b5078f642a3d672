internal import CSubImage

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How a picture is sampled between its pixels.
public enum Interpolation: String, Sendable, CaseIterable, Decodable {
  case bilinear, bicubic

  /// Pillow's number for the filter, which the C functions take.
  var code: Int32 { self == .bilinear ? 2 : 3 }
}

extension RGBImage {
  /// The picture, or the part of it inside `area`, at another size: Pillow's `crop` and `resize`, antialiased when
  /// shrinking, equal to it byte for byte. No pixel outside the area has any influence.
  ///
  /// Of the result only the `window` is computed, where one is given: it equals the whole result cropped to it, and the
  /// whole may be far larger than memory.
  public func resized(
    width newWidth: Int, height newHeight: Int, area: PixelArea? = nil, window: PixelArea? = nil,
    interpolation: Interpolation = .bicubic
  ) -> RGBImage {
    let area = area ?? PixelArea(left: 0, top: 0, width: width, height: height)
    precondition(area.fits(width: width, height: height), "resize: \(area) of \(width)x\(height)")
    precondition(newWidth > 0 && newHeight > 0, "resize: to \(newWidth)x\(newHeight)")
    let window = window ?? PixelArea(left: 0, top: 0, width: newWidth, height: newHeight)
    precondition(window.fits(width: newWidth, height: newHeight), "resize: \(window) of \(newWidth)x\(newHeight)")
    return RGBImage(width: window.width, height: window.height) { target in
      withPixels { source in
        let done = csi_resize(
          source + (area.top * width + area.left) * 3, width * 3, Int32(area.width), Int32(area.height), target,
          Int64(newWidth), Int64(newHeight),
          csi_window(
            left: Int64(window.left), top: Int64(window.top), width: Int32(window.width), height: Int32(window.height)),
          interpolation.code)
        precondition(done, "resize: no memory for \(window.width)x\(window.height)")
      }
    }
  }

  /// Pillow's `transform(size, AFFINE, matrix)`: the pixel at (x, y) comes from `matrix · (x + ½, y + ½)`, and is
  /// `fill` where that lies outside. `matrix` is (a, b, c, d, e, f) of a·x + b·y + c and d·x + e·y + f.
  public func transformed(by matrix: [Double], interpolation: Interpolation, fill: [UInt8]) -> RGBImage {
    precondition(matrix.count == 6 && fill.count == 3, "transform: matrix \(matrix), fill \(fill)")
    return RGBImage(width: width, height: height) { target in
      csi_fill(target, count, fill)
      withPixels { csi_affine($0, target, Int32(width), Int32(height), matrix, interpolation.code) }
    }
  }

  /// Pillow's `rotate`: counter-clockwise by `degrees` about the centre, the size kept.
  public func rotated(degrees: Double, interpolation: Interpolation, fill: [UInt8]) -> RGBImage {
    var turn = fmod(degrees, 360)
    if turn < 0 { turn += 360 }
    if turn == 0 { return self }
    if turn == 180 { return ImageOrientation.halfTurn.applied(to: self) }
    if width == height && turn == 90 { return ImageOrientation.counterclockwise.applied(to: self) }
    if width == height && turn == 270 { return ImageOrientation.clockwise.applied(to: self) }
    let angle = -(turn * (.pi / 180))
    let (cosine, sine) = (Self.rounded15(cos(angle)), Self.rounded15(sin(angle)))
    let (centerX, centerY) = (Double(width) / 2, Double(height) / 2)
    let minusSine = Self.rounded15(-sin(angle))
    let c = cosine * -centerX + sine * -centerY + 0 + centerX
    let f = minusSine * -centerX + cosine * -centerY + 0 + centerY
    return transformed(by: [cosine, sine, c, minusSine, cosine, f], interpolation: interpolation, fill: fill)
  }

  /// The nearest number of 15 decimals, as Python's `round(value, 15)`.
  private static func rounded15(_ value: Double) -> Double {
    var digits = [CChar](repeating: 0, count: 32)
    _ = withVaList([value]) { vsnprintf(&digits, digits.count, "%.15f", $0) }
    return strtod(digits, nil)
  }
}
