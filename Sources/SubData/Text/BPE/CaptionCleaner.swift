/// Cleans captions as open_clip does before tokenizing (`clean="lower"`): ftfy's repairs, HTML references resolved
/// twice, white space collapsed to single spaces, lower case.
public enum CaptionCleaner {
  /// The cleaned text.
  public static func clean(_ text: String) -> String { String(decoding: cleanedBytes(text), as: UTF8.self) }

  /// The cleaned text as UTF-8.
  package static func cleanedBytes(_ text: String) -> [UInt8] {
    var text = text
    return text.withUTF8 { bytes in
      if let plain = cleanedPlain(bytes) { return plain }
      return cleanedGenerally(String(decoding: bytes, as: UTF8.self).unicodeScalars.map(\.value))
    }
  }

  /// ASCII without references and controls, where nothing is to be repaired; nil for any other text.
  private static func cleanedPlain(_ bytes: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var isPlain = true
    let result = [UInt8](unsafeUninitializedCapacity: bytes.count) { target, count in
      count = 0
      var pendingSpace = false
      for byte in bytes {
        switch byte {
        case 0x20, 0x09, 0x0a, 0x0c, 0x0d: pendingSpace = count > 0
        case 0x21...0x25, 0x27...0x7e:
          if pendingSpace {
            target[count] = 0x20
            count += 1
            pendingSpace = false
          }
          target[count] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
          count += 1
        default:
          isPlain = false
          return
        }
      }
    }
    return isPlain ? result : nil
  }

  private static func cleanedGenerally(_ text: [UInt32]) -> [UInt8] {
    let repaired = HTMLEntities.unescape(HTMLEntities.unescape(TextFixer.fix(text)))
    var collapsed: [UInt32] = []
    collapsed.reserveCapacity(repaired.count)
    var pendingSpace = false
    for value in repaired {
      if PythonText.isSpace(value) {
        pendingSpace = !collapsed.isEmpty
      } else {
        if pendingSpace { collapsed.append(0x20) }
        pendingSpace = false
        collapsed.append(value)
      }
    }
    var result: [UInt8] = []
    result.reserveCapacity(collapsed.count * 2)
    for value in PythonText.lowercased(collapsed) {
      result += UTF8.encode(Unicode.Scalar(value) ?? "\u{fffd}")!
    }
    return result
  }
}
