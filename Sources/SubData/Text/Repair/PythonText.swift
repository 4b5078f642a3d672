/// Character questions answered as Python's `str` answers them.
enum PythonText {
  /// `str.isspace`: the white space that `strip` and `split` see.
  static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x09...0x0d, 0x1c...0x20, 0x85, 0xa0, 0x1680, 0x2000...0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000: true
    default: false
    }
  }

  /// `\w` of a `str` pattern: letters, numbers of any kind, and the underscore.
  static func isWord(_ value: UInt32) -> Bool {
    guard let scalar = Unicode.Scalar(value) else { return false }
    if value == 0x5f { return true }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
      return true
    default: return scalar.properties.numericType != nil
    }
  }

  /// `\d` of a `str` pattern.
  static func isDigit(_ value: UInt32) -> Bool {
    if value < 0x80 { return value >= 0x30 && value <= 0x39 }
    return Unicode.Scalar(value)?.properties.generalCategory == .decimalNumber
  }

  /// `str.lower`: every character's full lower-case form; a capital sigma that ends a word becomes a final sigma.
  static func lowercased(_ text: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    result.reserveCapacity(text.count)
    for (index, value) in text.enumerated() {
      if value == 0x3a3 {
        result.append(endsWord(text, index) ? 0x3c2 : 0x3c3)
      } else if value < simpleEnd {
        let lower = simple[Int(value)]
        if lower != 0 || value == 0 { result.append(lower) } else { result += full(value) }
      } else {
        result += full(value)
      }
    }
    return result
  }

  /// Whether a cased letter stands before `index` and none after it, case-ignorable characters aside.
  private static func endsWord(_ text: [UInt32], _ index: Int) -> Bool {
    func isCased(_ indices: some Sequence<Int>) -> Bool {
      for other in indices {
        guard let properties = Unicode.Scalar(text[other])?.properties else { return false }
        if !properties.isCaseIgnorable { return properties.isCased }
      }
      return false
    }
    return isCased((0..<index).reversed()) && !isCased((index + 1)..<text.count)
  }

  private static func full(_ value: UInt32) -> [UInt32] {
    guard let scalar = Unicode.Scalar(value) else { return [value] }
    return scalar.properties.lowercaseMapping.unicodeScalars.map(\.value)
  }

  private static let simpleEnd: UInt32 = 0x3000
  /// The lower-case form where it is one character, 0 where it is several.
  private static let simple: [UInt32] = (0..<simpleEnd).map { value in
    let lower = full(value)
    return lower.count == 1 ? lower[0] : 0
  }
}
