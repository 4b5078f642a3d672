import Foundation

/// Letters for pictures, of any size and readable from 11 pixels on: Latin, some Greek, and the signs of axes. What is not among
/// them is a box.
struct PictureFont: Sendable {
  /// 11, 13 and 14 pixels; headings are bold.
  static let small = PictureFont(size: 11)
  static let body = PictureFont(size: 13)
  static let heading = PictureFont(size: 14, isBold: true)

  /// Pixels of an em.
  let size: Double
  let isBold: Bool

  init(size: Double, isBold: Bool = false) { (self.size, self.isBold) = (size, isBold) }

  /// Rows of a line of text above its base line, and all of them.
  var ascent: Int { Int((0.928 * size).rounded(.up)) }
  var height: Int { ascent + Int((0.236 * size).rounded(.up)) }

  /// Pixels that a text takes, and columns.
  func length(_ text: String) -> Double {
    glyphs(text).reduce(0) { $0 + $1.advance } * size / Double(DejaVuSans.units)
  }
  func width(_ text: String) -> Int { Int(length(text).rounded(.up)) }

  /// The closed outlines of a text whose base line begins at (0, 0), y downwards. What lies inside of one drawn the other way
  /// round is a hole.
  func outlines(_ text: String) -> [[PlotPoint]] {
    let scale = size / Double(DejaVuSans.units)
    var (x, result): (Double, [[PlotPoint]]) = (0, [])
    for glyph in glyphs(text) {
      for contour in glyph.contours {
        result.append(contour.map { PlotPoint((x + $0.x) * scale, -$0.y * scale) })
      }
      x += glyph.advance
    }
    return result
  }

  /// A character in the font's units, y upwards.
  private struct Glyph: Sendable {
    let advance: Double
    let contours: [[PlotPoint]]
  }

  /// Whether a box stands for some letter of a text.
  static func lacks(_ text: String) -> Bool { scalars(text).contains { regular.glyphs[$0] == nil } }

  /// The characters of a text in order.
  private func glyphs(_ text: String) -> [Glyph] {
    let face = isBold ? Self.bold : Self.regular
    return Self.scalars(text).map { face.glyphs[$0] ?? face.missing }
  }

  /// White space of any kind is a space.
  private static func scalars(_ text: String) -> [Unicode.Scalar] {
    text.precomposedStringWithCanonicalMapping.unicodeScalars.map { $0.properties.isWhitespace ? " " : $0 }
  }

  private static let regular = decoded(DejaVuSans.regular)
  private static let bold = decoded(DejaVuSans.bold)

  /// The characters of a table, as it says how it holds them, with curves as short lines.
  private static func decoded(_ encoded: String) -> (glyphs: [Unicode.Scalar: Glyph], missing: Glyph) {
    let bytes = [UInt8](Data(base64Encoded: encoded) ?? Data())
    var (glyphs, place) = ([Unicode.Scalar: Glyph](), 0)
    var last: Glyph?
    for character in DejaVuSans.characters.unicodeScalars {
      let (advance, contours) = (Double(bytes[place]), Int(bytes[place + 1]))
      place += 2
      let glyph = Glyph(
        advance: advance,
        contours: (0..<contours).map { _ in
          let count = Int(bytes[place])
          let flags = place + 1
          let points = flags + (count + 7) / 8
          place = points + 2 * count
          return flattened(
            (0..<count).map { number in
              let (x, y) = (Int(bytes[points + 2 * number]), Int(bytes[points + 2 * number + 1]))
              return (
                PlotPoint(Double(x - DejaVuSans.left), Double(y - DejaVuSans.below)),
                bytes[flags + number / 8] >> (number % 8) & 1 == 1
              )
            })
        })
      glyphs[character] = glyph
      last = glyph
    }
    guard let last, place == bytes.count else { preconditionFailure("PictureFont: a damaged table") }
    return (glyphs, last)
  }

  /// A contour of points on a curve and between them points that bend it, as lines.
  private static func flattened(_ points: [(point: PlotPoint, isOn: Bool)]) -> [PlotPoint] {
    func middle(_ a: PlotPoint, _ b: PlotPoint) -> PlotPoint { PlotPoint((a.x + b.x) / 2, (a.y + b.y) / 2) }
    // Between two that bend it lies one on it.
    let whole = points.indices.flatMap { index -> [(point: PlotPoint, isOn: Bool)] in
      let (own, next) = (points[index], points[(index + 1) % points.count])
      return own.isOn || next.isOn ? [own] : [own, (middle(own.point, next.point), true)]
    }
    guard let start = whole.firstIndex(where: \.isOn) else { return [] }
    let turned = whole[start...] + whole[..<start]
    var (result, bend): ([PlotPoint], PlotPoint?) = ([], nil)
    for (point, isOn) in turned + [whole[start]] {
      guard isOn else {
        bend = point
        continue
      }
      if let bend, let from = result.last {
        let steps = 5
        for step in 1..<steps {
          let t = Double(step) / Double(steps)
          let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
          result.append(PlotPoint(a * from.x + b * bend.x + c * point.x, a * from.y + b * bend.y + c * point.y))
        }
      }
      result.append(point)
      bend = nil
    }
    return result
  }

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

  /// Names, none longer than that where its ends can be told: its middle gives way to an ellipsis. What several have in common
  /// in front does so too where they would look alike without.
  func shortened(_ names: [String], to length: Double) -> [String] {
    let short = names.map { shortened($0, to: length) }
    return names.indices.map { index in
      let alike = names.indices.filter { short[$0] == short[index] }.map { names[$0] }
      guard let last = alike.last, let place = alike.firstIndex(of: names[index]), Set(alike).count > 1 else {
        return short[index]
      }
      let shared = alike.map { zip($0, last).prefix { $0 == $1 }.count }.min() ?? 0
      return shortened(alike.map { "…" + $0.dropFirst(shared) }, to: length)[place]
    }
  }

  private func shortened(_ name: String, to length: Double) -> String {
    guard self.length(name) > length else { return name }
    let characters = Array(name)
    var (kept, room) = (0, length - self.length("…"))
    // From both ends inwards.
    while kept < characters.count {
      let next = kept % 2 == 0 ? characters[kept / 2] : characters[characters.count - 1 - kept / 2]
      room -= self.length(String(next))
      guard room >= 0 || kept < 3 else { break }
      kept += 1
    }
    return String(characters.prefix((kept + 1) / 2)) + "…" + String(characters.suffix(kept / 2))
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
