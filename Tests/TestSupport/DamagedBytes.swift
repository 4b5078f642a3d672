import SubCore

/// Bytes as a bad disk or a hostile hand leaves them.
public enum DamagedBytes {
  /// Copies of some bytes, each with a few of them changed, cut out or repeated.
  public static func copies(of bytes: [UInt8], count: Int, seed: Int) -> [[UInt8]] {
    (0..<count).map { number in
      let key = RandomKey(seed: seed).fold(number)
      var copy = bytes
      for change in 0..<(1 + key.integer(below: 6, at: 0)) {
        guard !copy.isEmpty else { break }
        let place = key.integer(below: copy.count, at: 10 + 3 * change)
        let value = UInt8(truncatingIfNeeded: key.bits32(at: 11 + 3 * change))
        switch key.integer(below: 4, at: 12 + 3 * change) {
        case 0: copy[place] = value
        case 1: copy.removeSubrange(place..<min(copy.count, place + Int(value)))
        case 2: copy.insert(contentsOf: copy[place..<min(copy.count, place + Int(value))], at: place)
        default: copy.removeLast(copy.count - place)
        }
      }
      return copy
    }
  }
}
