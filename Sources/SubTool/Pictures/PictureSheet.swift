import SubData
import SubTrain

/// Pictures of one size in rows and columns, each with a caption under it, under a title and headings and over a legend, as
/// one picture.
struct PictureSheet {
  /// What is above all of them, and above each column.
  var title = ""
  var headings: [String] = []
  /// What is below all of them: samples of what is seen in the pictures, with their meaning.
  var legend: [(sample: RGBImage, meaning: String)] = []

  /// How wide and high a pixel of the pictures is shown.
  let scale: Int
  private let columns, side: Int
  private var tiles: [(picture: RGBImage, caption: String, colour: Canvas.Colour)] = []
  private static let gap = 8
  private static let (heading, text) = (PictureFont.heading, PictureFont.body)
  /// Pictures are enlarged until they have so many columns: room for a caption.
  private static let narrowest = 160
  /// Lines of a caption at most.
  private static let lines = 2

  /// A sheet for pictures of `side` pixels; small ones are enlarged by whole factors.
  init(columns: Int, side: Int) {
    self.columns = columns
    scale = max(1, (Self.narrowest + side - 1) / side)
    self.side = side * scale
  }

  /// Puts a picture in the next place; one that is enlarged already stays as it is.
  mutating func add(_ picture: RGBImage, caption: String, colour: Canvas.Colour = Canvas.black) {
    tiles.append((picture, caption, colour))
  }

  /// Everything on a white ground. Captions break between words and end where the next tile begins.
  func picture() -> RGBImage {
    let (gap, text) = (Self.gap, Self.text)
    let captions = tiles.map { text.lines($0.caption, width: side, most: Self.lines) }
    let strip = text.height * (captions.map(\.count).max() ?? 0)
    let rows = (tiles.count + columns - 1) / columns
    let width = columns * (side + gap) + gap
    let notes = legend.map { text.lines($0.meaning, width: width - 3 * gap - $0.sample.width, most: .max) }
    let noteHeights = zip(notes, legend).map { max($0.count * text.height, $1.sample.height) + gap }
    let titles = Self.heading.lines(title, width: width - 2 * gap, most: .max)
    let head = gap + Self.heading.height * (titles.count + (headings.isEmpty ? 0 : 1)) + (titles.isEmpty ? 0 : gap)
    let step = side + strip + gap
    var canvas = Canvas(width: width, height: head + rows * step + noteHeights.reduce(gap, +))

    for (number, line) in titles.enumerated() {
      canvas.draw(line, left: gap, top: gap + number * Self.heading.height, Self.heading)
    }
    for (column, heading) in headings.enumerated() {
      let line = Self.heading.fitting(heading, width: side)
      canvas.draw(line, left: gap + column * (side + gap), top: head - Self.heading.height, Self.heading)
    }
    for (number, tile) in tiles.enumerated() {
      let (left, top) = (gap + number % columns * (side + gap), head + number / columns * step)
      canvas.draw(tile.picture, left: left, top: top, scale: side / tile.picture.width)
      for (place, line) in captions[number].enumerated() {
        canvas.draw(line, left: left, top: top + side + place * text.height, text, tile.colour)
      }
    }
    var top = head + rows * step + gap
    for (number, entry) in legend.enumerated() {
      canvas.draw(entry.sample, left: gap, top: top)
      for (place, line) in notes[number].enumerated() {
        canvas.draw(line, left: 2 * gap + entry.sample.width, top: top + place * text.height, text)
      }
      top += noteHeights[number]
    }
    return canvas.picture
  }
}

extension ToolContext {
  /// Writes a sheet among a run's plots, and prints what it is and where.
  func write(_ sheet: PictureSheet, _ name: String, to folder: RunFolder, saying what: String) throws {
    try FileSystem.makeFolder(folder.plotsPath)
    let path = FileSystem.join(folder.plotsPath, name)
    try AtomicFile.write(sheet.picture().pngData(), to: path)
    try console.print("\(what): \(path)")
  }
}
