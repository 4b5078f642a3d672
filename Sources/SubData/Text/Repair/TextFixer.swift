@_spi(_Unicode) import Swift

/// Repairs text as ftfy 6.3.1's `fix_text` does with its default settings: HTML references, mojibake, C1 controls,
/// Latin ligatures, character width, curly quotes, line breaks, terminal escapes, control characters, NFC; line by
/// line, each until nothing changes any more.
enum TextFixer {
  /// A line is gone over at most this often, so that references nested without end cost no more than that.
  private static let mostRounds = 256

  /// The repaired text.
  static func fix(_ text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    var start = 0
    // A "<" means HTML, whose references stay: in its own line and in those that follow.
    var isHTML = false
    while start < text.count {
      let end = (text[start...].firstIndex(of: 0x0a) ?? text.count - 1) + 1
      let bounded = min(end, start + 1_000_000)
      let segment = Array(text[start..<bounded])
      isHTML = isHTML || segment.contains(0x3c)
      result += fixSegment(segment, unescaping: !isHTML)
      start = bounded
    }
    return result
  }

  private static func fixSegment(_ text: [UInt32], unescaping: Bool) -> [UInt32] {
    var text = text
    for _ in 0..<mostRounds {
      var next = unescaping ? HTMLEntities.unescapeStrictly(text) : text
      next = MojibakeFixer.fixC1Controls(MojibakeFixer.fix(next))
      next = composed(withoutControls(withoutEscapes(withPlainLineBreaks(withPlainForms(next)))))
      if next == text { return text }
      text = next
    }
    return text
  }

  /// Ligatures taken apart, width normalised, quotes straightened.
  private static func withPlainForms(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(where: { $0 >= 0x132 }) else { return text }
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for value in text {
      switch value {
      case 0..<0x132: result.append(value)
      case 0x149: result += [0x27, 0x6e]
      case 0x2bc, 0x2018...0x201b: result.append(0x27)
      case 0x201c...0x201f: result.append(0x22)
      case 0x3000: result.append(0x20)
      case 0xff01...0xff5e: result.append(value - 0xfee0)
      default:
        if let parts = ligatures[value] ?? (value >= 0xff5f ? widths[value] : nil) {
          result += parts
        } else {
          result.append(value)
        }
      }
    }
    return result
  }

  private static let ligatures: [UInt32: [UInt32]] = [
    0x132: "IJ", 0x133: "ij", 0x1f1: "DZ", 0x1f2: "Dz", 0x1f3: "dz", 0x1c4: "D\u{17d}", 0x1c5: "D\u{17e}",
    0x1c6: "d\u{17e}", 0x1c7: "LJ", 0x1c8: "Lj", 0x1c9: "lj", 0x1ca: "NJ", 0x1cb: "Nj", 0x1cc: "nj", 0xfb00: "ff",
    0xfb01: "fi", 0xfb02: "fl", 0xfb03: "ffi", 0xfb04: "ffl", 0xfb05: "\u{17f}t", 0xfb06: "st",
  ].mapValues { (letters: String) in letters.unicodeScalars.map(\.value) }

  private static let widths: [UInt32: [UInt32]] = MojibakeTables.widths.split(whereSeparator: \.isWhitespace)
    .reduce(into: [:]) { result, word in
      let sides = word.split(separator: "=")
      result[UInt32(sides[0], radix: 16)!] = sides[1].split(separator: "+").map { UInt32($0, radix: 16)! }
    }

  private static func withPlainLineBreaks(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(where: { $0 == 0x0d || $0 == 0x85 || $0 == 0x2028 || $0 == 0x2029 }) else { return text }
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for (index, value) in text.enumerated() {
      switch value {
      case 0x0a where index > 0 && text[index - 1] == 0x0d: break
      case 0x0d, 0x85, 0x2028, 0x2029: result.append(0x0a)
      default: result.append(value)
      }
    }
    return result
  }

  /// Without `ESC [ digits and semicolons, letter`.
  private static func withoutEscapes(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(0x1b) else { return text }
    var result: [UInt32] = []
    var index = 0
    while index < text.count {
      if text[index] == 0x1b, index + 1 < text.count, text[index + 1] == 0x5b {
        var end = index + 2
        while end < text.count, text[end] == 0x3b || PythonText.isDigit(text[end]) { end += 1 }
        if end < text.count, (0x41...0x5a).contains(text[end]) || (0x61...0x7a).contains(text[end]) {
          index = end + 1
          continue
        }
      }
      result.append(text[index])
      index += 1
    }
    return result
  }

  private static func withoutControls(_ text: [UInt32]) -> [UInt32] {
    text.filter { value in
      switch value {
      case 0x00...0x08, 0x0b, 0x0e...0x1f, 0x7f, 0x206a...0x206f, 0xfeff, 0xfff9...0xfffc: false
      default: true
      }
    }
  }

  /// Normalization form C. Nothing below U+0300 composes with what stands before it.
  private static func composed(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(where: { $0 >= 0x300 }) else { return text }
    var string = String.UnicodeScalarView()
    for value in text { string.append(Unicode.Scalar(value) ?? "\u{fffd}") }
    return String(string)._nfc.map(\.value)
  }
}
