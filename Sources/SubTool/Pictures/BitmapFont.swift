/// Capital letters, digits and some signs of 5 by 7 dots, for captions in pictures. Small letters are drawn as capitals.
enum BitmapFont {
  /// Dots from one character to the next, and the height of a line of text.
  static let advance = 6
  static let height = 7

  /// The seven rows of a character, each a number whose five bits are dots from left to right.
  static func rows(_ character: Character) -> [Int] {
    let glyph = glyphs[Character(character.uppercased())] ?? glyphs["?"]!
    return glyph.map { $0.wholeNumberValue ?? Int(String($0), radix: 32) ?? 0 }
  }

  /// Seven digits of base 32 each.
  private static let glyphs: [Character: String] = [
    "A": "EHHVHHH", "B": "UHHUHHU", "C": "EHGGGHE", "D": "UHHHHHU", "E": "VGGUGGV", "F": "VGGUGGG", "G": "EHGNHHE",
    "H": "HHHVHHH", "I": "E44444E", "J": "72222IC", "K": "HIKOKIH", "L": "GGGGGGV", "M": "HRLLHHH", "N": "HPPLJJH",
    "O": "EHHHHHE", "P": "UHHUGGG", "Q": "EHHHLID", "R": "UHHUKIH", "S": "FGGE11U", "T": "V444444", "U": "HHHHHHE",
    "V": "HHHHHA4", "W": "HHHLLLA", "X": "HHA4AHH", "Y": "HHA4444", "Z": "V1248GV", "0": "EHJLPHE", "1": "4C4444E",
    "2": "EH1248V", "3": "V2421HE", "4": "26AIV22", "5": "VGU11HE", "6": "68GUHHE", "7": "V124888", "8": "EHHEHHE",
    "9": "EHHF12C", "-": "000E000", "_": "000000V", ".": "00000CC", ",": "0000CC8", "%": "OP248J3", "/": "11248GG",
    "+": "044V440", "&": "CIK8LID", "(": "2488842", ")": "8422248", "'": "4480000", ":": "0CC0CC0", "?": "EH12404",
    " ": "0000000",
  ]
}
