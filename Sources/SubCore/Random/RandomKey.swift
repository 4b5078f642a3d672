#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A counter-based random stream: every number is a function of (key, position), so nothing is drawn, lost or out of
/// order, and a resumed run continues with the very same numbers. `fold` derives the key of a step, a branch, a site.
///
/// The kernels compute the same function (`sk_random` in CSubKernels); a test holds the two together.
public struct RandomKey: Sendable, Hashable {
  /// The state that the kernels receive.
  public let bits: UInt64

  /// The root key of a run.
  public init(seed: Int) { bits = Self.mix(UInt64(bitPattern: Int64(seed)) &+ 0x9e37_79b9_7f4a_7c15) }
  private init(bits: UInt64) { self.bits = bits }

  /// The key of part `index` of what this key names.
  public func fold(_ index: Int) -> RandomKey {
    RandomKey(bits: Self.mix(bits ^ Self.mix(UInt64(bitPattern: Int64(index)) &+ 0xd1b5_4a32_d192_ed03)))
  }

  /// The key of a named part (FNV-1a of its UTF-8 bytes).
  public func fold(_ name: String) -> RandomKey {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return RandomKey(bits: Self.mix(bits ^ hash))
  }

  /// 32 random bits at a position.
  public func bits32(at position: Int) -> UInt32 {
    let index = UInt64(bitPattern: Int64(position))
    let key = bits ^ (index >> 32) &* 0x9e37_79b9_7f4a_7c15
    var x = UInt32(truncatingIfNeeded: index) ^ UInt32(truncatingIfNeeded: key)
    x = Self.scramble(x) &+ UInt32(truncatingIfNeeded: key >> 32)
    return Self.scramble(x)
  }

  /// 64 random bits at a position.
  public func bits64(at position: Int) -> UInt64 {
    Self.mix(bits &+ UInt64(bitPattern: Int64(position)) &* 0x9e37_79b9_7f4a_7c15)
  }

  /// A number in [0, 1) with 24 random bits.
  public func uniform(at position: Int) -> Float { Float(bits32(at: position) >> 8) * 0x1p-24 }

  /// A number in [0, 1) with 53 random bits.
  public func uniform64(at position: Int) -> Double { Double(bits64(at: position) >> 11) * 0x1p-53 }

  /// A standard normal number (Box-Muller).
  public func normal(at position: Int) -> Double {
    let radius = (-2 * log(1 - uniform64(at: 2 * position))).squareRoot()
    return radius * cos(2 * .pi * uniform64(at: 2 * position + 1))
  }

  /// A whole number in 0 ..< bound (Lemire's multiplication; its bias is below 2^-40 for any bound used here).
  public func integer(below bound: Int, at position: Int) -> Int {
    precondition(bound > 0, "RandomKey: bound \(bound)")
    return Int(bits64(at: position).multipliedFullWidth(by: UInt64(bound)).high)
  }

  /// A random order of 0 ..< count (Fisher-Yates).
  public func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for last in stride(from: count - 1, to: 0, by: -1) { order.swapAt(last, integer(below: last + 1, at: last)) }
    return order
  }

  /// splitmix64's finaliser (Steele, Lea, Flood 2014).
  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// A 32-bit finaliser of low bias (two multiplications).
  private static func scramble(_ value: UInt32) -> UInt32 {
    var x = value
    x = (x ^ (x >> 16)) &* 0x7feb_352d
    x = (x ^ (x >> 15)) &* 0x846c_a68b
    return x ^ (x >> 16)
  }
}
