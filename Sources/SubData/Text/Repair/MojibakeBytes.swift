/// The byte-level part of undoing mojibake.
enum MojibakeBytes {
  private typealias Span = ClosedRange<UInt8>

  /// Byte sequences that would be UTF-8 but for a no-break space that became a plain one: the space is put back.
  static func restoringNoBreakSpaces(_ bytes: [UInt8]) -> [UInt8] {
    guard replacing(bytes, alteredLength, with: { _ in [] }) != bytes else { return bytes }
    let words = replacing(bytes, graveWordLength) { _ in [0xc3, 0xa0, 0x20] }
    return replacing(words, alteredLength) { $0.map { $0 == 0x20 ? 0xa0 : $0 } }
  }

  /// UTF-8 sequences of which some bytes were lost (1A, or once `?`) become U+FFFD.
  static func replacingLossySequences(_ bytes: [UInt8]) -> [UInt8] {
    replacing(bytes, lossyLength) { _ in [0xef, 0xbf, 0xbd] }
  }

  /// Strict UTF-8; with `variants` also Java's two-byte NUL and surrogate pairs written as two sequences (CESU-8).
  static func decodeUTF8(_ bytes: [UInt8], variants: Bool) -> [UInt32]? {
    var result: [UInt32] = []
    var index = 0
    func later(_ offset: Int) -> UInt32? {
      guard index + offset < bytes.count, bytes[index + offset] & 0xc0 == 0x80 else { return nil }
      return UInt32(bytes[index + offset] & 0x3f)
    }
    while index < bytes.count {
      let lead = UInt32(bytes[index])
      switch lead {
      case 0..<0x80:
        result.append(lead)
        index += 1
      case 0xc2...0xdf:
        guard let a = later(1) else { return nil }
        result.append((lead & 0x1f) << 6 | a)
        index += 2
      case 0xe0...0xef:
        guard let a = later(1), let b = later(2) else { return nil }
        let value = (lead & 0xf) << 12 | a << 6 | b
        if value < 0x800 { return nil }
        if value & 0xf800 == 0xd800 {
          guard variants, value < 0xdc00, index + 3 < bytes.count, bytes[index + 3] == 0xed,
            let c = later(4), let d = later(5), c >= 0x30
          else { return nil }
          result.append(0x10000 + (value & 0x3ff) << 10 + ((c & 0xf) << 6 | d))
          index += 6
        } else {
          result.append(value)
          index += 3
        }
      case 0xf0...0xf4:
        guard let a = later(1), let b = later(2), let c = later(3) else { return nil }
        let value = (lead & 7) << 18 | a << 12 | b << 6 | c
        if value < 0x10000 || value > 0x10ffff { return nil }
        result.append(value)
        index += 4
      case 0xc0 where variants && later(1) == 0:
        result.append(0)
        index += 2
      default: return nil
      }
    }
    return result
  }

  /// Left to right, every match replaced; `length` says how long the match at an index is, 0 for none.
  private static func replacing(
    _ bytes: [UInt8], _ length: ([UInt8], Int) -> Int, with replacement: (ArraySlice<UInt8>) -> [UInt8]
  ) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let count = length(bytes, index)
      if count == 0 {
        result.append(bytes[index])
        index += 1
      } else {
        result += replacement(bytes[index..<(index + count)])
        index += count
      }
    }
    return result
  }

  /// The length of the first pattern that matches at `index`. A pattern gives the allowed bytes of each position.
  private static func firstMatch(_ patterns: [[[Span]]], _ bytes: [UInt8], _ index: Int) -> Int {
    for pattern in patterns where index + pattern.count <= bytes.count {
      if pattern.indices.allSatisfy({ offset in pattern[offset].contains { $0 ~= bytes[index + offset] } }) {
        return pattern.count
      }
    }
    return 0
  }

  private static func alteredLength(_ bytes: [UInt8], _ index: Int) -> Int {
    bytes[index] < 0xc2 ? 0 : firstMatch(altered, bytes, index)
  }

  private static func lossyLength(_ bytes: [UInt8], _ index: Int) -> Int {
    bytes[index] < 0xc2 && bytes[index] != 0x1a ? 0 : firstMatch(lossy, bytes, index)
  }

  /// `Ã ` that is the word `à` (a space follows in the original), except in Portuguese "àquele", "àquela", "àquilo",
  /// "às".
  private static func graveWordLength(_ bytes: [UInt8], _ index: Int) -> Int {
    guard bytes[index] == 0xc3, index + 1 < bytes.count, bytes[index + 1] == 0x20 else { return 0 }
    let rest = bytes[(index + 2)...]
    let joined = [" ", "quele", "quela", "quilo", "s "].contains { rest.starts(with: $0.utf8) }
    return joined ? 0 : 2
  }

  private static let space: [Span] = [0x20...0x20]
  private static let any: [Span] = [0x80...0xbf]
  /// Continuation bytes without 85, an ellipsis in Windows-1252, and without A0.
  private static let some: [Span] = [0x80...0x84, 0x86...0x9f, 0xa1...0xbf]
  private static let lost: [Span] = [0x1a...0x1a]
  private static let gone: [Span] = [0x1a...0x1a, 0x3f...0x3f]
  private static let held: [Span] = [0x1a...0x1a, 0x80...0xbf]
  private static let left: [Span] = [0x1a...0x1a, 0x3f...0x3f, 0x80...0xbf]

  private static let altered: [[[Span]]] = [
    [[0xc2...0xc3, 0xc5...0xc5, 0xce...0xce, 0xd0...0xd0, 0xd9...0xd9], space],
    [[0xe2...0xe3], space, some],
    [[0xe0...0xe3], some, space],
    [[0xf0...0xf0], space, any, any],
    [[0xf0...0xf0], any, space, any],
    [[0xf0...0xf0], any, any, space],
  ]

  private static let lossy: [[[Span]]] = [
    [[0xc2...0xdf], lost],
    [[0xc2...0xc3], [0x3f...0x3f]],
    [[0xed...0xed], [0xa0...0xaf], gone, [0xed...0xed], [0xb0...0xbf], left],
    [[0xed...0xed], [0xa0...0xaf], left, [0xed...0xed], [0xb0...0xbf], gone],
    [[0xe0...0xef], gone, held],
    [[0xe0...0xef], held, gone],
    [[0xf0...0xf4], gone, held, held],
    [[0xf0...0xf4], held, gone, held],
    [[0xf0...0xf4], held, held, gone],
    [lost],
  ]
}
