/// Undoes mojibake: finds the encoding that UTF-8 text was wrongly decoded with, and decodes it again.
/// Behaviour as ftfy 6.3.1's `fix_encoding` with its default settings.
enum MojibakeFixer {
  /// The text with its encoding repaired, layer by layer.
  static func fix(_ text: [UInt32]) -> [UInt32] {
    var text = text
    while true {
      let next = fixOnce(text)
      if next == text { return text }
      text = next
    }
  }

  /// C1 controls, which nobody means, read as Windows-1252.
  static func fixC1Controls(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(where: isC1) else { return text }
    return text.map { isC1($0) ? SingleByteEncoding.windows1252.upper[Int($0) - 0x80] : $0 }
  }

  private static func isC1(_ value: UInt32) -> Bool { value >= 0x80 && value <= 0x9f }

  private static func fixOnce(_ text: [UInt32]) -> [UInt32] {
    guard text.contains(where: { $0 >= 0x80 }), MojibakeRules.areBroken(by: text) else { return text }
    for encoding in SingleByteEncoding.all {
      guard var bytes = encoding.encode(text) else { continue }
      if encoding.name != "macroman" { bytes = MojibakeBytes.restoringNoBreakSpaces(bytes) }
      if encoding.isSloppy { bytes = MojibakeBytes.replacingLossySequences(bytes) }
      if let decoded = MojibakeBytes.decodeUTF8(bytes, variants: bytes.contains(0xed) || bytes.contains(0xc0)) {
        return decoded
      }
    }
    let inconsistent = decodingEmbedded(text)
    // What remains are controls, and mixtures of two single-byte encodings, which stay.
    return inconsistent != text ? inconsistent : fixC1Controls(text)
  }

  /// Stretches that look like UTF-8 sequences, fixed on their own.
  private static func decodingEmbedded(_ text: [UInt32]) -> [UInt32] {
    let classes = text.map { MojibakeClass.of($0) }
    var result: [UInt32] = []
    var position = 0
    while position < text.count {
      var end = position
      if position == 0 || !classes[position - 1].contains(.utf8ContinuationStrict) {
        while let next = sequenceEnd(classes, end) { end = next }
      }
      if end == position {
        result.append(text[position])
        position += 1
        continue
      }
      let stretch = Array(text[position..<end])
      result += stretch.count < text.count && MojibakeRules.areBroken(by: stretch) ? fix(stretch) : stretch
      position = end
    }
    return result
  }

  private static func sequenceEnd(_ classes: [MojibakeClass], _ start: Int) -> Int? {
    for (lead, rest) in [(MojibakeClass.utf8FirstOf2, 1), (.utf8FirstOf3, 2), (.utf8FirstOf4, 3)] {
      guard start + rest < classes.count, classes[start].contains(lead) else { continue }
      if classes[(start + 1)...(start + rest)].allSatisfy({ $0.contains(.utf8Continuation) }) {
        return start + rest + 1
      }
    }
    return nil
  }
}
