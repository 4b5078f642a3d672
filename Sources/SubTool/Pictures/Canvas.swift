import SubData

/// A picture that is being drawn: rectangles, pictures, text, lines and areas.
struct Canvas {
  let width, height: Int
  /// [height, width, 3].
  private var pixels: [UInt8]

  /// A colour's red, green and blue.
  typealias Colour = (UInt8, UInt8, UInt8)
  static let black: Colour = (0, 0, 0), white: Colour = (255, 255, 255), red: Colour = (190, 0, 0)

  /// A canvas of one colour.
  init(width: Int, height: Int, colour: Colour = white) {
    precondition(width > 0 && height > 0, "Canvas: \(width)x\(height)")
    (self.width, self.height) = (width, height)
    pixels = []
    pixels.reserveCapacity(width * height * 3)
    for _ in 0..<(width * height) { pixels += [colour.0, colour.1, colour.2] }
  }

  /// What was drawn.
  var picture: RGBImage { RGBImage(width: width, height: height, pixels: pixels) }

  /// Mixes a colour into a pixel: `share` of it, 0 to 1. Outside of the canvas nothing is drawn.
  mutating func blend(_ x: Int, _ y: Int, _ colour: Colour, share: Double = 1) {
    guard (0..<width).contains(x), (0..<height).contains(y), share > 0 else { return }
    func mix(_ place: Int, _ value: UInt8) {
      let below = Double(pixels[place])
      pixels[place] = UInt8((below + (Double(value) - below) * min(1, share)).rounded())
    }
    let start = (y * width + x) * 3
    mix(start, colour.0)
    mix(start + 1, colour.1)
    mix(start + 2, colour.2)
  }

  /// Puts a picture with its left upper corner at a place, every pixel of it `scale` wide and high.
  mutating func draw(_ picture: RGBImage, left: Int, top: Int, scale: Int = 1) {
    let source = picture.pixels
    for y in 0..<(picture.height * scale) {
      for x in 0..<(picture.width * scale) {
        let start = (y / scale * picture.width + x / scale) * 3
        blend(left + x, top + y, (source[start], source[start + 1], source[start + 2]))
      }
    }
  }

  /// Writes a line of text with its left upper corner at a place.
  ///
  /// - Returns: the column behind it.
  @discardableResult
  mutating func draw(
    _ text: String, left: Int, top: Int, _ font: PictureFont = .body, _ colour: Colour = black
  ) -> Int {
    let (x, y) = (Double(left), Double(top + font.ascent))
    fill(font.outlines(text).map { line in line.map { PlotPoint(x + $0.x, y + $0.y) } }, colour)
    return left + font.width(text)
  }
}
