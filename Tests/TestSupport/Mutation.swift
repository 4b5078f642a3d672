public import SubCore

/// What a fuzzer does to files.
public enum Mutation {
  /// Numbers that readers stumble over.
  private static let odd: [UInt64] = [
    0, 1, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 62, UInt64.max >> 1, .max,
  ]
  /// Words that mean something in one of the formats.
  private static let words = [
    "{", "}", "[", "]", "\"", "\\u", "0", "-1", "9223372036854775807", "1e999", "(", ")", ".", ",", "\n", "\r", "\t",
    "\0",
    "true", "null", "F32", "<f8", "</w>", "[MASK]", "]r", "RIFF", "ustar", "size=", "\u{ff}\u{d8}",
  ]

  /// One of the files, with up to eight changes; now and then a part of another.
  public static func damaged(_ corpus: [[UInt8]], _ key: RandomKey) -> [UInt8] {
    var draws = 0
    func draw(_ below: Int) -> Int {
      draws += 1
      return key.integer(below: max(1, below), at: draws)
    }
    var bytes = corpus[draw(corpus.count)]
    for _ in 0..<1 + draw(8) {
      let place = draw(bytes.count)
      switch draw(9) {
      case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(draw(8))
      case 1 where !bytes.isEmpty: bytes[place] = UInt8(draw(256))
      case 2: bytes.removeSubrange(place..<min(bytes.count, place + 1 + draw(64)))
      case 3: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 1 + draw(64))], at: place)
      case 4: bytes.removeLast(min(bytes.count, draw(bytes.count + 1)))
      case 5:
        let width = [1, 2, 4, 8][draw(4)]
        let number = odd[draw(odd.count)]
        for index in 0..<width where place + index < bytes.count {
          bytes[place + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
        }
      case 6: bytes.insert(contentsOf: Array(words[draw(words.count)].utf8), at: place)
      case 7:
        let word = Array(words[draw(words.count)].utf8)
        bytes.replaceSubrange(place..<min(bytes.count, place + word.count), with: word)
      default:
        let other = corpus[draw(corpus.count)]
        let start = draw(other.count)
        bytes.replaceSubrange(place..<min(bytes.count, place + draw(64)), with: other[start...].prefix(1 + draw(256)))
      }
    }
    return bytes
  }
}
