public import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// Where the middle of a picture begins if an odd number of pixels is left over beside it.
public enum CropRounding: String, Sendable, CaseIterable {
  /// At the nearer even number, as torchvision's `CenterCrop` has it.
  case even
  /// At the smaller number, as transformers' image processors have it.
  case down
}

/// Which part of a picture a pipeline takes and how it brings it to its size.
public enum FramingPolicy: Sendable, Equatable {
  /// timm's random resized crop: up to ten tries of an area share from `scale` and a width-to-height ratio from
  /// `ratio`, else the largest centred crop within the ratios.
  case randomResized(scale: ClosedRange<Double>, ratio: ClosedRange<Double>)
  /// DeiT's simple crop: the shorter side brought to the size, 4 reflected pixels around, a random square.
  case simpleRandom
  /// Evaluation: the shorter side brought to `resize`, the middle square.
  case center(resize: Int, rounding: CropRounding = .even)
  /// Evaluation: both sides brought to `resize`, whatever their ratio, the middle square.
  case squash(resize: Int, rounding: CropRounding = .even)

  /// The random resized crop of every recipe: 8% to 100% of the area, ratios 3/4 to 4/3.
  public static let imageNet = FramingPolicy.randomResized(scale: 0.08...1, ratio: (3.0 / 4)...(4.0 / 3))

  /// Draws what happens to a picture of the given size.
  public func framing(
    width: Int, height: Int, size: Int, interpolation: Interpolation, flipped: Bool, key: RandomKey
  ) -> Framing {
    let whole = PixelArea(left: 0, top: 0, width: width, height: height)
    switch self {
    case .randomResized(let scale, let ratio):
      return Framing(
        source: Self.randomArea(width, height, scale, ratio, key), width: size, height: size,
        interpolation: interpolation, padding: 0, left: 0, top: 0, size: size, flipped: flipped)
    case .simpleRandom:
      let (wide, high) = Self.shorterSide(width, height, to: size)
      return Framing(
        source: whole, width: wide, height: high, interpolation: interpolation, padding: 4,
        left: key.integer(below: wide + 8 - size + 1, at: 0), top: key.integer(below: high + 8 - size + 1, at: 1),
        size: size, flipped: flipped)
    case .center(let resize, let rounding):
      let resized = Self.shorterSide(width, height, to: max(resize, size))
      return Self.middle(whole, resized, size, rounding, interpolation, flipped)
    case .squash(let resize, let rounding):
      let side = max(resize, size)
      return Self.middle(whole, (side, side), size, rounding, interpolation, flipped)
    }
  }

  /// The middle of a whole picture brought to a size.
  private static func middle(
    _ whole: PixelArea, _ resized: (width: Int, height: Int), _ size: Int, _ rounding: CropRounding,
    _ interpolation: Interpolation, _ flipped: Bool
  ) -> Framing {
    let rule: FloatingPointRoundingRule = rounding == .even ? .toNearestOrEven : .down
    return Framing(
      source: whole, width: resized.width, height: resized.height, interpolation: interpolation, padding: 0,
      left: Int((Double(resized.width - size) / 2).rounded(rule)),
      top: Int((Double(resized.height - size) / 2).rounded(rule)), size: size, flipped: flipped)
  }

  /// torchvision's `Resize(side)`: the longer side is `Int(side · long / short)`.
  static func shorterSide(_ width: Int, _ height: Int, to side: Int) -> (width: Int, height: Int) {
    width <= height
      ? (side, Int(Double(side * height) / Double(width))) : (Int(Double(side * width) / Double(height)), side)
  }

  private static func randomArea(
    _ width: Int, _ height: Int, _ scale: ClosedRange<Double>, _ ratio: ClosedRange<Double>, _ key: RandomKey
  ) -> PixelArea {
    let (low, high) = (log(ratio.lowerBound), log(ratio.upperBound))
    for attempt in 0..<10 {
      let draw = key.fold(attempt)
      let share = scale.lowerBound + (scale.upperBound - scale.lowerBound) * draw.uniform64(at: 0)
      let aspect = exp(low + (high - low) * draw.uniform64(at: 1))
      let target = share * Double(width * height)
      let wide = Int((target * aspect).squareRoot().rounded(.toNearestOrEven))
      let tall = Int((target / aspect).squareRoot().rounded(.toNearestOrEven))
      guard wide > 0, tall > 0, wide <= width, tall <= height else { continue }
      return PixelArea(
        left: draw.integer(below: width - wide + 1, at: 2), top: draw.integer(below: height - tall + 1, at: 3),
        width: wide, height: tall)
    }
    var (wide, tall) = (width, height)
    let shape = Double(width) / Double(height)
    if shape < ratio.lowerBound {
      tall = Int((Double(width) / ratio.lowerBound).rounded(.toNearestOrEven))
    } else if shape > ratio.upperBound {
      wide = Int((Double(height) * ratio.upperBound).rounded(.toNearestOrEven))
    }
    return PixelArea(left: (width - wide) / 2, top: (height - tall) / 2, width: wide, height: tall)
  }
}

/// A crop, a resize, a padding, a second crop and a flip with all their parameters: every `FramingPolicy` comes to
/// this.
public struct Framing: Sendable, Equatable {
  /// The part of the picture that is resized; nothing outside it has any influence.
  public var source: PixelArea
  /// Columns after the resize.
  public var width: Int
  /// Rows after the resize.
  public var height: Int
  /// The filter of the resize.
  public var interpolation: Interpolation
  /// Pixels reflected (without repeating the border) around the resized picture.
  public var padding: Int
  /// The first column of the result in the padded picture.
  public var left: Int
  /// The first row of the result in the padded picture.
  public var top: Int
  /// Rows and columns of the result.
  public var size: Int
  /// Whether the result is mirrored left to right.
  public var flipped: Bool

  /// The framed picture, `size` by `size`, from a whole picture (or from the source part alone).
  public func applied(to image: RGBImage, sourceOnly: Bool = false) -> RGBImage {
    // Only what the result shows is computed: a sliver brought to the size would be a picture of any length.
    let rows = Self.mirrored(top - padding, size, of: height)
    let columns = Self.mirrored(left - padding, size, of: width)
    let window = PixelArea(left: columns.first, top: rows.first, width: columns.count, height: rows.count)
    var result = image.resized(
      width: width, height: height, area: sourceOnly ? nil : source, window: window, interpolation: interpolation)
    if padding > 0 { result = result.arranged(rows: rows.places, columns: columns.places) }
    return flipped ? result.flipped() : result
  }

  /// The largest JPEG denominator whose decode still has at least as many pixels each way as the resize wants.
  public var denominator: Int {
    [8, 4, 2].first { source.width / $0 >= width && source.height / $0 >= height } ?? 1
  }

  /// Which pixels of a side a window shows, the border reflected as by numpy's `pad(mode: "reflect")`: the range that
  /// holds them all, and the places in it.
  private static func mirrored(
    _ start: Int, _ size: Int, of count: Int
  ) -> (first: Int, count: Int, places: [Int]) {
    let period = max(1, 2 * (count - 1))
    let indices = (start..<(start + size)).map { index in
      let place = ((index % period) + period) % period
      return place < count ? place : period - place
    }
    let (first, last) = (indices.min() ?? 0, indices.max() ?? 0)
    return (first, last - first + 1, indices.map { $0 - first })
  }
}

extension RGBImage {
  /// The picture whose pixel (x, y) is this one's (columns[x], rows[y]).
  fileprivate func arranged(rows: [Int], columns: [Int]) -> RGBImage {
    RGBImage(width: columns.count, height: rows.count) { target in
      withPixels { source in
        for (y, row) in rows.enumerated() {
          for (x, column) in columns.enumerated() {
            (target + (y * columns.count + x) * 3).update(from: source + (row * width + column) * 3, count: 3)
          }
        }
      }
    }
  }
}
