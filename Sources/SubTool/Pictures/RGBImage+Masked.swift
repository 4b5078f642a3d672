import SubData

extension RGBImage {
  /// The picture with every patch grey that is not kept.
  func masked(keeping places: [Int], patch: Int, grid: Int) -> RGBImage {
    let kept = Set(places)
    var pixels = pixels
    for y in 0..<height {
      for x in 0..<width {
        let (row, column) = (y / patch, x / patch)
        // Pixels beyond the last whole patch are never seen.
        if row < grid, column < grid, kept.contains(row * grid + column) { continue }
        for channel in 0..<3 { pixels[(y * width + x) * 3 + channel] = 128 }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
