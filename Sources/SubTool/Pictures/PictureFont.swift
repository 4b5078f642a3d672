import Foundation

/// Letters for pictures, in grey steps and readable at their own size: Latin, some Greek, and the signs of axes. What is not
/// among them is a box.
struct PictureFont: Sendable {
  /// 11, 13 and 14 pixels; headings are bold.
  static let small = PictureFont(DejaVuSans.small)
  static let body = PictureFont(DejaVuSans.body)
  static let heading = PictureFont(DejaVuSans.heading)

  /// A character's picture and where it stands: columns behind the pen, rows below the top of the line.
  struct Glyph: Sendable {
    /// Columns to the next character.
    let advance: Int
    let left, top, width, height: Int
    /// [height, width]: how much of a pixel is covered, of 15.
    let coverage: [UInt8]
  }

  /// Rows of a line of text.
  let height: Int
  private let glyphs: [Unicode.Scalar: Glyph]
  private let missing: Glyph

  private init(_ encoded: String) {
    let bytes = [UInt8](Data(base64Encoded: encoded) ?? Data())
    // The file's own header: rows of a line; rows above its base, which nobody asks for.
    height = Int(bytes[0])
    var (glyphs, place) = ([Unicode.Scalar: Glyph](), 2)
    var last: Glyph?
    for character in DejaVuSans.characters.unicodeScalars {
      let (advance, left, top) = (Int(bytes[place]), Int(bytes[place + 1]) - 128, Int(bytes[place + 2]) - 128)
      let (width, height) = (Int(bytes[place + 3]), Int(bytes[place + 4]))
      place += 5
      let count = (width * height + 1) / 2
      let levels = bytes[place..<(place + count)].flatMap { [$0 >> 4, $0 & 15] }
      place += count
      let glyph = Glyph(
        advance: advance, left: left, top: top, width: width, height: height,
        coverage: Array(levels.prefix(width * height)))
      glyphs[character] = glyph
      last = glyph
    }
    guard let last, place == bytes.count else { preconditionFailure("PictureFont: a damaged table") }
    (self.glyphs, missing) = (glyphs, last)
  }

  /// The characters of a text in order; white space of any kind is a space.
  func glyphs(_ text: String) -> [Glyph] {
    text.precomposedStringWithCanonicalMapping.unicodeScalars.map { scalar in
      glyphs[scalar.properties.isWhitespace ? " " : scalar] ?? missing
    }
  }

  /// Columns that a text takes.
  func width(_ text: String) -> Int { glyphs(text).reduce(0) { $0 + $1.advance } }

  /// The text, or as much of it as so many columns hold with an ellipsis behind.
  func fitting(_ text: String, width: Int) -> String {
    guard self.width(text) > width else { return text }
    var (kept, room) = ("", width - self.width("…"))
    for character in text {
      room -= self.width(String(character))
      guard room >= 0 else { break }
      kept.append(character)
    }
    return kept + "…"
  }

  /// The text in lines of so many columns, broken between words; the last of `most` lines ends with an ellipsis where there
  /// is more. No line for no text.
  func lines(_ text: String, width: Int, most: Int) -> [String] {
    var words = text.split(whereSeparator: \.isWhitespace).map(String.init)[...]
    var lines: [String] = []
    while let first = words.popFirst() {
      var line = first
      if lines.count + 1 == most {
        line = ([first] + words).joined(separator: " ")
        words = []
      }
      while let next = words.first, self.width(line + " " + next) <= width {
        line += " " + next
        words.removeFirst()
      }
      lines.append(fitting(line, width: width))
    }
    return lines
  }
}
