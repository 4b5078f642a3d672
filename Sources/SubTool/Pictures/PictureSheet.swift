import SubData

/// Pictures of one size in rows and columns, each with a caption under it, as one picture.
struct PictureSheet {
  private let columns, side, scale: Int
  private var tiles: [(picture: RGBImage, caption: String)] = []
  private static let gap = 4
  private static let strip = BitmapFont.height + 4

  /// A sheet for pictures of `side` pixels; small ones are enlarged by whole factors.
  init(columns: Int, side: Int) {
    self.columns = columns
    scale = max(1, (128 + side - 1) / side)
    self.side = side * scale
  }

  /// Puts a picture in the next place.
  mutating func add(_ picture: RGBImage, caption: String) { tiles.append((picture, caption)) }

  /// Everything on a white ground. Captions end where the next tile begins.
  func picture() -> RGBImage {
    let rows = (tiles.count + columns - 1) / columns
    let (stepX, stepY) = (side + Self.gap, side + Self.strip + Self.gap)
    let (width, height) = (max(1, columns * stepX + Self.gap), max(1, rows * stepY + Self.gap))
    var canvas = [UInt8](repeating: 255, count: width * height * 3)
    func put(_ x: Int, _ y: Int, _ colour: ArraySlice<UInt8>) {
      canvas.replaceSubrange(((y * width + x) * 3)..<((y * width + x) * 3 + 3), with: colour)
    }
    for (number, tile) in tiles.enumerated() {
      let (left, top) = (Self.gap + number % columns * stepX, Self.gap + number / columns * stepY)
      let pixels = tile.picture.pixels
      for y in 0..<side {
        for x in 0..<side {
          let start = (y / scale * tile.picture.width + x / scale) * 3
          put(left + x, top + y, pixels[start..<(start + 3)])
        }
      }
      for (place, character) in tile.caption.prefix(side / BitmapFont.advance).enumerated() {
        for (row, dots) in BitmapFont.rows(character).enumerated() {
          for column in 0..<5 where dots >> (4 - column) & 1 == 1 {
            put(left + place * BitmapFont.advance + column, top + side + 2 + row, [0, 0, 0])
          }
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: canvas)
  }
}
