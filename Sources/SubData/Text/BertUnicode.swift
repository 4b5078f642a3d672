/// What BERT's tokenizer must know about a Unicode scalar, unpacked once from `BertUnicodeTables`.
final class BertUnicode: Sendable {
  /// Properties of a scalar, one byte each.
  struct Traits: OptionSet, Sendable {
    let rawValue: UInt8
    /// Cleaning drops it.
    static let removed = Traits(rawValue: 1)
    /// Cleaning turns it into U+0020.
    static let space = Traits(rawValue: 2)
    /// It splits words and vanishes.
    static let white = Traits(rawValue: 4)
    /// It stands alone as a word (CJK).
    static let ideograph = Traits(rawValue: 8)
    /// It stands alone as a word, after all other steps.
    static let punctuation = Traits(rawValue: 16)
    /// A nonspacing mark that accent stripping drops.
    static let mark = Traits(rawValue: 32)
    /// A nonspacing mark of combining class 0: dropped, but nothing is reordered across it.
    static let separatingMark = Traits(rawValue: 64)
    /// It decomposes, or keeps a combining class after accent stripping.
    static let decomposes = Traits(rawValue: 128)
  }

  /// The tables, unpacked when the first scalar beyond ASCII asks for them.
  static let shared = BertUnicode()

  private let traits: [UInt8]
  private let decompositions: [UInt32: [UInt32]]
  private let lowercase: [UInt32: [UInt32]]
  private let combiningClasses: [UInt32: UInt32]

  /// The properties of a scalar.
  func traits(of scalar: UInt32) -> Traits { Traits(rawValue: traits[Int(scalar)]) }
  /// The canonical decomposition without nonspacing marks; nil if that is the scalar itself. Hangul is not here.
  func decomposition(of scalar: UInt32) -> [UInt32]? { decompositions[scalar] }
  /// The lower-case mapping; nil if that is the scalar itself.
  func lowercase(of scalar: UInt32) -> [UInt32]? { lowercase[scalar] }
  /// The combining class of a scalar that accent stripping leaves; 0 for a starter.
  func combiningClass(of scalar: UInt32) -> UInt32 { combiningClasses[scalar] ?? 0 }

  private init() {
    var traits = [UInt8](repeating: 0, count: 0x110000)
    Self.mark(BertUnicodeTables.removed, as: .removed, in: &traits)
    Self.mark(BertUnicodeTables.spaces, as: .space, in: &traits)
    Self.mark(BertUnicodeTables.white, as: .white, in: &traits)
    Self.mark(BertUnicodeTables.ideographs, as: .ideograph, in: &traits)
    Self.mark(BertUnicodeTables.punctuation, as: .punctuation, in: &traits)
    Self.mark(BertUnicodeTables.marks, as: .mark, in: &traits)
    Self.mark(BertUnicodeTables.separatingMarks, as: .separatingMark, in: &traits)
    decompositions = Self.mapping(BertUnicodeTables.decompositions)
    lowercase = Self.mapping(BertUnicodeTables.lowercase)
    combiningClasses = Self.mapping(BertUnicodeTables.combiningClasses).mapValues { $0[0] }
    for scalar in decompositions.keys { traits[Int(scalar)] |= Traits.decomposes.rawValue }
    for scalar in combiningClasses.keys { traits[Int(scalar)] |= Traits.decomposes.rawValue }
    self.traits = traits
  }

  /// Reads ranges: `A` or `A-B`, in hexadecimal, separated by spaces.
  private static func mark(_ table: StaticString, as trait: Traits, in traits: inout [UInt8]) {
    for item in table.description.split(separator: " ") {
      let ends = item.split(separator: "-").map { Int($0, radix: 16)! }
      for scalar in ends[0]...ends[ends.count - 1] { traits[scalar] |= trait.rawValue }
    }
  }

  /// Reads mappings: `A=B,C+D` sends A to B and A + 1 to C D; `A*n@step=B` sends A, A + step, … (n of them) to B,
  /// B + step, …
  private static func mapping(_ table: StaticString) -> [UInt32: [UInt32]] {
    var result: [UInt32: [UInt32]] = [:]
    for item in table.description.split(separator: " ") {
      let sides = item.split(separator: "=")
      if let star = sides[0].firstIndex(of: "*"), let at = sides[0].firstIndex(of: "@") {
        let start = UInt32(sides[0][..<star], radix: 16)!
        let count = UInt32(sides[0][sides[0].index(after: star)..<at])!
        let step = UInt32(sides[0][sides[0].index(after: at)...])!
        let target = UInt32(sides[1], radix: 16)!
        for index in 0..<count { result[start + index * step] = [target + index * step] }
      } else {
        let start = UInt32(sides[0], radix: 16)!
        for (index, value) in sides[1].split(separator: ",").enumerated() {
          result[start + UInt32(index)] = value.split(separator: "+").map { UInt32($0, radix: 16)! }
        }
      }
    }
    return result
  }
}
