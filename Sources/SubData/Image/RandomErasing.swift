internal import CSubImage
public import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// timm's random erasing in its 'pixel' mode: after normalisation, a rectangle becomes standard normal noise.
public struct RandomErasing: Sendable, Equatable {
  /// The share of pictures in which something is erased.
  public var probability: Double

  /// Erasing with the given probability.
  public init(probability: Double) { self.probability = probability }

  /// Draws the rectangle for a picture, or nil: area 2% to 33%, ratio of height to width 0.3 to 1/0.3, ten tries.
  public func plan(width: Int, height: Int, key: RandomKey) -> ErasingPlan? {
    guard key.uniform64(at: 0) < probability else { return nil }
    let limit = log(1 / 0.3)
    for attempt in 0..<10 {
      let draw = key.fold(attempt)
      let area = (0.02 + (1.0 / 3 - 0.02) * draw.uniform64(at: 0)) * Double(width * height)
      let aspect = exp(limit * (2 * draw.uniform64(at: 1) - 1))
      let tall = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let wide = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard wide > 0, tall > 0, wide < width, tall < height else { continue }
      let top = draw.integer(below: height - tall + 1, at: 2)
      let left = draw.integer(below: width - wide + 1, at: 3)
      return ErasingPlan(
        area: PixelArea(left: left, top: top, width: wide, height: tall), noise: key.fold("noise"))
    }
    return nil
  }
}

/// A rectangle to erase and the stream of its noise.
public struct ErasingPlan: Sendable, Equatable {
  /// What is erased in all three channels.
  public var area: PixelArea
  /// Value i, in the order channel, row, column, is the normal number at position i.
  public var noise: RandomKey

  /// What the rectangle holds instead.
  func numbers() -> [Float] {
    let count = 3 * area.width * area.height
    return [Float](unsafeUninitializedCapacity: count) { memory, initialized in
      csi_fill_normal(memory.baseAddress!, count, noise.bits)
      initialized = count
    }
  }
}
