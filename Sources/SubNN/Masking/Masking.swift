public import SubCore

/// Which part of an input is hidden. A model asks at its one mask site and decides how: ViT removes tokens, BEiT and Swin
/// put a mask token, ResNet zeroes pixels, BERT puts [MASK].
public struct Masking: Sendable {
  /// How the parts that are hidden are chosen.
  public enum Selection: String, Sendable, CaseIterable {
    /// Each on its own.
    case uniform
    /// In rectangles of patches (Bao et al. 2021, BEiT).
    case block
  }

  /// The share that is removed, 0 ..< 1.
  public var ratio: Double
  /// How patches are chosen.
  public var selection: Selection
  /// Given noise [N, L] in place of random numbers: comparison with another implementation.
  public var noise: HostArray?

  /// Hides `ratio` of every input. Given noise says by itself what is hidden, whatever `selection` is.
  public init(ratio: Double, selection: Selection = .uniform, noise: HostArray? = nil) {
    precondition(ratio >= 0 && ratio < 1, "Masking: ratio \(ratio) is not in 0 ..< 1")
    self.ratio = ratio
    self.selection = selection
    self.noise = noise
  }

  /// Throws a usage error at `place` where `ratio` would leave none of an image's `patches`.
  public static func check(ratio: Double, patches: Int, at place: String) throws {
    guard Masking(ratio: ratio).keptCount(of: patches) > 0 else {
      let largest = Double(patches - 1) / Double(patches)
      throw InputError(
        "a ratio of \(ratio) hides all \(patches) patches", at: place,
        cure: patches > 1
          ? "give at most \((largest * 1000).rounded(.down) / 1000)" : "use larger images or smaller patches",
        isUsage: true)
    }
  }

  /// How many of `count` stay: int(L · (1 − r)).
  public func keptCount(of count: Int) -> Int { Int(Double(count) * (1 - ratio)) }

  /// The numbers that decide, [rows · count], of the rows of a batch from row `first` on.
  public func noiseValues(rows: Int, count: Int, first: Int = 0, _ key: RandomKey) -> [Float] {
    guard let noise else { return (first * count..<(first + rows) * count).map { key.uniform(at: $0) } }
    precondition(
      first == 0 && noise.count == rows * count, "mask noise \(noise.shape) for [\(rows), \(count)] from \(first) on")
    return noise.floats()
  }

  /// The parts of every row that stay: those of lowest noise, ties by position; in ascending order, since order does not
  /// matter behind the position embedding and memory is read forwards. With blocks `count` is that of a square grid. Rows
  /// are those of a batch from row `first` on.
  public func kept(rows: Int, count: Int, first: Int = 0, _ key: RandomKey) -> [[Int]] {
    if selection == .block && noise == nil {
      let blocks = BlockMask(patches: count, hidden: count - keptCount(of: count))
      return (first..<first + rows).map { blocks.kept(key.fold($0)) }
    }
    let values = noiseValues(rows: rows, count: count, first: first, key)
    let staying = keptCount(of: count)
    return (0..<rows).map { row in
      guard staying < count else { return Array(0..<count) }
      let ranks = (0..<count).map { Self.rank(values[row * count + $0], at: $0) }
      let limit = ranks.sorted()[staying]
      return (0..<count).filter { ranks[$0] < limit }
    }
  }

  /// A whole number that orders parts by noise, and by position where that is equal: whole numbers are sorted several times
  /// as fast as pairs are.
  private static func rank(_ noise: Float, at position: Int) -> UInt64 {
    // Zero has one sign here.
    let bits = (noise + 0).bitPattern
    return UInt64(bits >> 31 == 0 ? bits | 1 << 31 : ~bits) << 32 | UInt64(position)
  }

  /// The parts that do not stay, as row · count + part, in ascending order. Row 0 is row `first` of the batch.
  public func hidden(rows: Int, count: Int, first: Int = 0, _ key: RandomKey) -> [Int] {
    Self.hidden(beside: kept(rows: rows, count: count, first: first, key), count: count)
  }

  /// The parts of every row that do not stay where the `kept` ones do, as row · count + part, in ascending order.
  package static func hidden(beside kept: [[Int]], count: Int) -> [Int] {
    kept.enumerated().flatMap { row, kept in
      let stays = Set(kept)
      return (0..<count).filter { !stays.contains($0) }.map { row * count + $0 }
    }
  }

  /// A Bernoulli draw for every part of the rows of a batch from row `first` on: noise < ratio. Text tokens.
  public func masked(rows: Int, count: Int, first: Int = 0, _ key: RandomKey) -> [Bool] {
    noiseValues(rows: rows, count: count, first: first, key).map { Double($0) < ratio }
  }
}
