import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// BEiT's block-wise masks (Bao et al. 2021, Algorithm 1; microsoft/unilm beit2/masking_generator.py): rectangles of
/// patches are hidden until the count is reached, and single patches make it exact.
struct BlockMask {
  /// Patches along a side.
  private let side: Int
  /// How many patches a mask hides, exactly.
  private let hidden: Int
  /// The smallest area that is drawn for a block, in patches.
  private static let smallestArea = 16.0
  /// A block's aspect ratio lies between this and its inverse.
  private static let flattest = 0.3
  /// Draws for a block before the rest is filled with single patches.
  private static let attempts = 10

  /// Masks of a square grid of `patches`.
  init(patches: Int, hidden: Int) {
    side = Int(Double(patches).squareRoot().rounded())
    precondition(side * side == patches, "BlockMask: \(patches) patches are no square")
    self.hidden = hidden
  }

  /// The patches that stay, in ascending order: a function of the key alone.
  func kept(_ key: RandomKey) -> [Int] {
    var draws = Draws(key: key)
    var mask = Array(repeating: false, count: side * side)
    var count = 0
    while count < hidden, let block = block(in: mask, room: hidden - count, &draws) {
      for place in block where !mask[place] {
        mask[place] = true
        count += 1
      }
    }
    // No block fits any more: the rest are patches at random.
    let order = key.fold("rest").permutation(side * side)
    for place in order where count < hidden && !mask[place] {
      mask[place] = true
      count += 1
    }
    return mask.indices.filter { !mask[$0] }
  }

  /// The places of a block that hides at least one more patch and at most `room`; nil where every attempt failed.
  private func block(in mask: [Bool], room: Int, _ draws: inout Draws) -> [Int]? {
    for _ in 0..<Self.attempts {
      let area = draws.number(Self.smallestArea, Double(room))
      let aspect = exp(draws.number(log(Self.flattest), -log(Self.flattest)))
      let height = Int((area * aspect).squareRoot().rounded(.toNearestOrEven))
      let width = Int((area / aspect).squareRoot().rounded(.toNearestOrEven))
      guard height < side, width < side else { continue }
      let (top, left) = (draws.integer(side - height + 1), draws.integer(side - width + 1))
      let places = (top..<top + height).flatMap { row in (left..<left + width).map { row * side + $0 } }
      let added = places.count { !mask[$0] }
      if added > 0 && added <= room { return places }
    }
    return nil
  }
}

/// Numbers of a key, one after the other.
private struct Draws {
  let key: RandomKey
  var position = 0

  /// A number between two bounds, in either order.
  mutating func number(_ low: Double, _ high: Double) -> Double {
    defer { position += 1 }
    return low + (high - low) * key.uniform64(at: position)
  }

  /// A whole number in 0 ..< bound.
  mutating func integer(_ bound: Int) -> Int {
    defer { position += 1 }
    return key.integer(below: bound, at: position)
  }
}
