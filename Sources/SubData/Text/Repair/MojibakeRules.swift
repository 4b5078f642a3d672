/// The juxtapositions of characters that betray mojibake: text in UTF-8 that somebody decoded as something else.
///
/// Behaviour as ftfy 6.3.1's `is_bad`; the rules are stated there as one regular expression.
enum MojibakeRules {
  /// One position of a rule: any character of the classes or the list; or, negated, any other.
  struct Position {
    let classes: MojibakeClass
    let scalars: [UInt32]
    let isNegated: Bool

    init(_ classes: MojibakeClass, _ also: String = "", isNegated: Bool = false) {
      self.classes = classes
      scalars = also.unicodeScalars.map(\.value)
      self.isNegated = isNegated
    }

    func matches(_ scalar: UInt32, _ found: MojibakeClass) -> Bool {
      (!classes.isDisjoint(with: found) || (!scalars.isEmpty && scalars.contains(scalar))) != isNegated
    }
  }

  /// Whether any rule applies anywhere in the text.
  static func areBroken(by text: [UInt32]) -> Bool {
    let classes = text.map { MojibakeClass.of($0) }
    let present = classes.reduce(into: MojibakeClass()) { $0.formUnion($1) }
    guard !present.isDisjoint(with: .suspicious) else { return false }
    if text.count > 1, text[0] == 0xc2 || text[0] == 0xc3, text[1] == 0x20 { return true }
    let candidates = rules.filter { rule in rule.allSatisfy { needed($0, present) } }
    for start in text.indices {
      for rule in candidates where start + rule.count <= text.count {
        var offset = 0
        while offset < rule.count, rule[offset].matches(text[start + offset], classes[start + offset]) { offset += 1 }
        if offset == rule.count { return true }
      }
    }
    return false
  }

  private static func needed(_ position: Position, _ present: MojibakeClass) -> Bool {
    position.isNegated || !position.scalars.isEmpty || !position.classes.isDisjoint(with: present)
  }

  private static let latinWide: MojibakeClass = [
    .accented, .box, .startPunctuation, .endPunctuation, .currency, .numeric, .law,
  ]
  private static let arabic = Position([.common, .currency, .bad, .numeric, .startPunctuation], "ŸŠ®°µ»")

  /// The rules as sequences of positions. Two of them allow an optional space and stand twice.
  private static let rules: [[Position]] = classRules + windowsRules + otherRules

  private static func pair(_ first: MojibakeClass, _ second: MojibakeClass) -> [Position] {
    [Position(first), Position(second)]
  }
  private static func triple(_ first: MojibakeClass, _ second: MojibakeClass, _ third: MojibakeClass) -> [Position] {
    [Position(first), Position(second), Position(third)]
  }
  private static func sets(_ sets: String...) -> [Position] { sets.map { Position([], $0) } }

  private static let classRules: [[Position]] = [
    [Position(.c1)],
    pair(latinWide.union(.bad), .bad),
    triple(.asciiLetter, [.lowerCommon, .upperCommon], .bad),
    pair(.bad, latinWide),
    pair([.lowerAccented, .lowerCommon, .box, .endPunctuation, .currency, .numeric], .upperAccented),
    pair([.box, .endPunctuation, .currency, .numeric], .lowerAccented),
    pair([.lowerAccented, .box, .endPunctuation], .currency),
    triple(.space, .upperAccented, .currency),
    pair([.upperAccented, .box], [.numeric, .law]),
    triple([.accented, .box, .currency, .endPunctuation], .startPunctuation, .numeric),
    triple([.accented, .currency, .numeric, .box, .law], .endPunctuation, .startPunctuation),
    pair([.currency, .numeric, .box], .startPunctuation),
    triple(.asciiLower, .upperAccented, [.startPunctuation, .currency]),
    pair(.box, .kaomoji),
    pair([.accented, .currency, .numeric, .startPunctuation, .endPunctuation, .law], .box),
    pair(.box, .endPunctuation),
    triple(.accented, [.startPunctuation, .endPunctuation], .word),
    [Position([], "Œœ"), Position(.asciiLetter, isNegated: true)],
    [Position(.upperAccented), Position([], "°")],
  ]

  private static let windowsRules: [[Position]] = [
    // Windows-1252
    [
      Position([], "ÂÃÎÐ"),
      Position([.startPunctuation, .endPunctuation], "€œŠš¢£Ÿž\u{a0}\u{ad}®©°·»–—´"),
    ],
    sets("×", "²³"),
    [Position([], "ØÙ"), arabic, Position([], "ØÙ"), arabic],
    sets("à", "²µ¹¼½¾"),
    sets("Ã", "\u{a0}¡"),
    [Position(.asciiLower), Position([], "ÃÂ"), Position([], " ")],
    [Position(.asciiLower), Position(.space), Position([], "ÃÂ"), Position([], " ")],
    [
      Position([.asciiLower, .endPunctuation], ".,?!"), Position([], "Â"),
      Position([.startPunctuation, .endPunctuation], " "),
    ],
    // Windows-1251
    sets("в", "Ђ"),
    [
      Position([], "ВГРС"), Position([.c1, .bad, .startPunctuation, .endPunctuation, .currency], "°µ"),
      Position([], "ВГРС"),
    ],
    sets("Г", "ў", "В", "Ђ", "В") + [Position([], "\n", isNegated: true), Position(.asciiLetter, " ")],
    // Windows-1253
    sets("β", "€", "™\u{a0}Ά\u{ad}®°"),
    [
      Position([], "ΒΓΞΟ"), Position([.c1, .bad, .startPunctuation, .endPunctuation, .currency], "°"),
      Position([], "ΒΓΞΟ"),
    ],
    // Windows-1257
    sets("ā", "€"),
  ]

  private static let otherRules: [[Position]] = [
    // MacRoman
    sets("√", "±∂†≠®™´≤≥¥µø"),
    sets("≈", "°¢"),
    sets("‚", "Ä", "ìîïòôúùû†°¢π"),
    sets("‚", "âó", "àä°ê"),
  ]
}
