import SubData
import VisionSub

extension HiddenCells {
  /// What becomes of cells, as a legend goes on: "hidden from the sub-branch: …".
  var meaning: String {
    switch self {
    case .removed: "removed before any work is spent on them"
    case .replaced: "a learned mask token stands in their place"
    case .zeroed: "their normalised pixels are zero, which is the mean colour"
    }
  }

  /// The colour of a pixel of a hidden cell: stripes, dots, or what the network sees. `mean`: that colour.
  func colour(_ x: Int, _ y: Int, mean: [UInt8]) -> Canvas.Colour {
    let (ink, paper): (Canvas.Colour, Canvas.Colour) = ((120, 120, 140), (236, 236, 240))
    switch self {
    case .removed: return (x + y) % 8 == 0 ? ink : paper
    case .replaced: return (x % 6 < 2 && y % 6 < 2) ? ink : paper
    case .zeroed: return (mean[0], mean[1], mean[2])
    }
  }

  /// A sample for a legend.
  func sample(mean: [UInt8]) -> RGBImage {
    var canvas = Canvas(width: 32, height: 16)
    for y in 0..<canvas.height {
      for x in 0..<canvas.width { canvas.blend(x, y, colour(x, y, mean: mean)) }
    }
    return canvas.picture
  }

  /// A picture whose pixels are shown `scale` wide and high, with the cells hidden that are not kept.
  func hiding(_ picture: RGBImage, keeping places: [Int], cells: MaskGrid, scale: Int, mean: [UInt8]) -> RGBImage {
    let (kept, cell) = (Set(places), cells.pixels * scale)
    var canvas = Canvas(width: picture.width * scale, height: picture.height * scale)
    canvas.draw(picture, left: 0, top: 0, scale: scale)
    for y in 0..<canvas.height {
      for x in 0..<canvas.width {
        let (row, column) = (y / cell, x / cell)
        // Pixels beyond the last whole cell are never seen.
        if row < cells.side, column < cells.side, kept.contains(row * cells.side + column) { continue }
        canvas.blend(x, y, colour(x, y, mean: mean))
      }
    }
    return canvas.picture
  }
}
