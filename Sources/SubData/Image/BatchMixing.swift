internal import CSubImage
public import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// timm's Mixup and CutMix in 'batch' mode: one draw for a whole batch, whose partner is the batch reversed; or for each of
/// its parts, as where every GPU mixes its own pictures.
public struct BatchMixing: Sendable, Equatable {
  /// The Beta parameter of mixup; 0 is no mixup.
  public var mixup: Double
  /// The Beta parameter of CutMix; 0 is no CutMix.
  public var cutmix: Double
  /// The probability that a batch is mixed at all.
  public var probability: Double
  /// The probability of CutMix where both are on.
  public var switchProbability: Double
  /// Label smoothing, put into the targets.
  public var smoothing: Double
  /// Whether bytes are mixed, rounded half to even, before normalisation (RSB) instead of f32 after it.
  public var mixesBytes: Bool
  /// The parts of a batch that are mixed each by itself, with a draw of its own.
  public var parts: Int

  /// Mixing from its numbers.
  public init(
    mixup: Double, cutmix: Double, probability: Double = 1, switchProbability: Double = 0.5, smoothing: Double = 0,
    mixesBytes: Bool = false, parts: Int = 1
  ) {
    precondition(parts > 0, "BatchMixing: \(parts) parts")
    self.mixup = mixup
    self.cutmix = cutmix
    self.probability = probability
    self.switchProbability = switchProbability
    self.smoothing = smoothing
    self.mixesBytes = mixesBytes
    self.parts = parts
  }

  /// The rows of part `part` of a batch of so many.
  func rows(ofPart part: Int, of total: Int) -> Range<Int> { total * part / parts..<total * (part + 1) / parts }

  /// What is drawn for a part by a batch's key.
  func plan(width: Int, height: Int, key: RandomKey, part: Int) -> MixPlan {
    plan(width: width, height: height, key: parts == 1 ? key : key.fold(part))
  }

  /// Draws what happens to pictures of the given size that are mixed together.
  public func plan(width: Int, height: Int, key: RandomKey) -> MixPlan {
    guard mixup > 0 || cutmix > 0, key.uniform64(at: 0) < probability else { return .none }
    let cuts = cutmix > 0 && (mixup <= 0 || key.uniform64(at: 1) < switchProbability)
    let weight = Self.beta(cuts ? cutmix : mixup, key.fold("lambda"))
    guard weight < 1 else { return .none }
    guard cuts else { return .mixup(weight: weight) }
    let share = (1 - weight).squareRoot()
    let (high, wide) = (Int(Double(height) * share), Int(Double(width) * share))
    let row = key.integer(below: height, at: 2)
    let column = key.integer(below: width, at: 3)
    let rows = max(0, row - high / 2)..<min(height, row + high / 2)
    let columns = max(0, column - wide / 2)..<min(width, column + wide / 2)
    return .cutmix(
      PixelArea(left: columns.lowerBound, top: rows.lowerBound, width: columns.count, height: rows.count),
      weight: 1 - Double(rows.count * columns.count) / Double(width * height))
  }

  /// A number from Beta(shape, shape): Jöhnk's method up to 1, Cheng's BB above.
  static func beta(_ shape: Double, _ key: RandomKey) -> Double {
    for attempt in 0..<10_000 {
      let (u, v) = (key.uniform64(at: 2 * attempt), key.uniform64(at: 2 * attempt + 1))
      if shape <= 1 {
        let (x, y) = (pow(u, 1 / shape), pow(v, 1 / shape))
        if x + y <= 1, x + y > 0 { return x / (x + y) }
      } else {
        // Cheng (1978), both parameters equal: an odds ratio with acceptance above 0.8.
        let slope = ((2 * shape - 2) / (2 * shape * shape - 2 * shape)).squareRoot()
        guard u > 0, v > 0 else { continue }
        let logit = slope * log(u / (1 - u))
        let odds = shape * exp(logit)
        let bound = 2 * shape * log(2 * shape / (shape + odds)) + (shape + 1 / slope) * logit - log(4)
        if bound >= log(u * u * v) { return odds / (shape + odds) }
      }
    }
    return 0.5
  }
}

/// What was drawn for a batch.
public enum MixPlan: Sendable, Equatable {
  /// Nothing is mixed.
  case none
  /// Pictures become weight · own + (1 - weight) · partner.
  case mixup(weight: Double)
  /// The rectangle comes from the partner; the weight is the share that stays.
  case cutmix(PixelArea, weight: Double)

  /// The share of a picture's own label.
  public var weight: Double {
    switch self {
    case .none: 1
    case .mixup(let weight), .cutmix(_, let weight): weight
    }
  }

  /// Soft targets f32 `[labels, classes]`: `weight` · own + (1 - weight) · partner, smoothed by `smoothing`.
  public func targets(labels: [Int], classes: Int, smoothing: Double) -> HostArray {
    let off = Float(smoothing / Double(classes))
    let on = Float(1 - smoothing + smoothing / Double(classes))
    let (own, other) = (Float(weight), Float(1 - weight))
    // Every entry is the sum of two products, so that equal labels give what torch gives, rounding included.
    var values = [Float](repeating: off * own + off * other, count: labels.count * classes)
    for (index, label) in labels.enumerated() {
      let partner = labels[labels.count - 1 - index]
      precondition((0..<classes).contains(label), "MixPlan: label \(label) of \(classes)")
      values[index * classes + label] = on * own + (partner == label ? on : off) * other
      if partner != label { values[index * classes + partner] = off * own + on * other }
    }
    return HostArray(values, shape: [labels.count, classes])
  }

  /// The same as a device is told it.
  var pixels: PixelMixing {
    switch self {
    case .none: .none
    case .mixup(let weight): .blend(own: Float(weight), other: Float(1 - weight))
    case .cutmix(let area, _): .cut(rows: area.rows, columns: area.columns)
    }
  }

  /// Mixes byte pictures with the reversed batch, in place; mixup rounds half to even.
  package func apply(to batch: inout [RGBImage]) {
    for index in 0..<(batch.count / 2) {
      let other = batch.count - 1 - index
      let (own, partner) = (batch[index], batch[other])
      precondition(own.width == partner.width && own.height == partner.height, "MixPlan: pictures of unequal size")
      switch self {
      case .none: return
      case .mixup(let weight):
        var (first, last) = (own, partner)
        first.withMutablePixels { a in
          last.withMutablePixels { b in csi_mix_pair_u8(a, b, 3 * own.count, Float(weight), Float(1 - weight)) }
        }
        (batch[index], batch[other]) = (first, last)
      case .cutmix(let area, _):
        batch[index].paste(partner, area)
        batch[other].paste(own, area)
      }
    }
  }
}

extension RGBImage {
  /// Takes over a rectangle of another picture of the same size.
  fileprivate mutating func paste(_ other: RGBImage, _ area: PixelArea) {
    let stride = width
    withMutablePixels { target in
      other.withPixels { source in
        for y in area.top..<(area.top + area.height) {
          let start = (y * stride + area.left) * 3
          (target + start).update(from: source + start, count: area.width * 3)
        }
      }
    }
  }
}
