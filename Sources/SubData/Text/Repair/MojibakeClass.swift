/// What a character is to the mojibake detector. The classes, and who belongs to them, are ftfy 6.3.1's.
struct MojibakeClass: OptionSet {
  let rawValue: UInt32

  static let common = MojibakeClass(rawValue: 1 << 0)
  static let c1 = MojibakeClass(rawValue: 1 << 1)
  static let bad = MojibakeClass(rawValue: 1 << 2)
  static let law = MojibakeClass(rawValue: 1 << 3)
  static let currency = MojibakeClass(rawValue: 1 << 4)
  static let startPunctuation = MojibakeClass(rawValue: 1 << 5)
  static let endPunctuation = MojibakeClass(rawValue: 1 << 6)
  static let numeric = MojibakeClass(rawValue: 1 << 7)
  static let kaomoji = MojibakeClass(rawValue: 1 << 8)
  static let upperAccented = MojibakeClass(rawValue: 1 << 9)
  static let lowerAccented = MojibakeClass(rawValue: 1 << 10)
  static let upperCommon = MojibakeClass(rawValue: 1 << 11)
  static let lowerCommon = MojibakeClass(rawValue: 1 << 12)
  static let box = MojibakeClass(rawValue: 1 << 13)
  /// Looks like the first byte of a UTF-8 sequence of two, three or four, or like a later byte.
  static let utf8FirstOf2 = MojibakeClass(rawValue: 1 << 14)
  static let utf8FirstOf3 = MojibakeClass(rawValue: 1 << 15)
  static let utf8FirstOf4 = MojibakeClass(rawValue: 1 << 16)
  static let utf8Continuation = MojibakeClass(rawValue: 1 << 17)
  static let utf8ContinuationStrict = MojibakeClass(rawValue: 1 << 18)
  /// a-z, A-Z, white space, and letters, numbers and the underscore.
  static let asciiLower = MojibakeClass(rawValue: 1 << 19)
  static let asciiUpper = MojibakeClass(rawValue: 1 << 20)
  static let space = MojibakeClass(rawValue: 1 << 21)
  static let word = MojibakeClass(rawValue: 1 << 22)

  static let accented: MojibakeClass = [.lowerAccented, .upperAccented]
  static let asciiLetter: MojibakeClass = [.asciiLower, .asciiUpper]
  /// A text without any of these cannot look wrong.
  static let suspicious: MojibakeClass = [
    .c1, .bad, .law, .currency, .startPunctuation, .endPunctuation, .numeric, .kaomoji, .accented, .upperCommon,
    .lowerCommon, .box,
  ]

  /// The classes of a character.
  static func of(_ scalar: UInt32) -> MojibakeClass {
    if scalar < tableEnd { return table[Int(scalar)] }
    return (rare[scalar] ?? []).union(general(scalar))
  }

  private static let tableEnd: UInt32 = 0x2700

  private static let members: [(UInt32, MojibakeClass)] = MojibakeTables.classes.flatMap { entry in
    entry.1.split(whereSeparator: \.isWhitespace).flatMap { word in
      let ends = word.split(separator: "-").map { UInt32($0, radix: 16)! }
      return (ends[0]...ends[ends.count - 1]).map { ($0, entry.0) }
    }
  }

  private static let table: [MojibakeClass] = {
    var classes = (0..<tableEnd).map { general($0) }
    for (scalar, kind) in members where scalar < tableEnd { classes[Int(scalar)].insert(kind) }
    return classes
  }()

  private static let rare: [UInt32: MojibakeClass] = members.reduce(into: [:]) { classes, member in
    if member.0 >= tableEnd { classes[member.0, default: []].insert(member.1) }
  }

  private static func general(_ value: UInt32) -> MojibakeClass {
    var classes: MojibakeClass = []
    if PythonText.isSpace(value) { classes.insert(.space) }
    if PythonText.isWord(value) { classes.insert(.word) }
    if value >= 0x61, value <= 0x7a { classes.insert(.asciiLower) }
    if value >= 0x41, value <= 0x5a { classes.insert(.asciiUpper) }
    return classes
  }
}
