import SubCore
import SubNN

extension VisionTransformer {
  /// What the blocks read of some of the images: tokens [range·T, D] with their rows, and the trip as it is for them.
  func sequences(
    _ images: Tensor, stem: Tensor?, of range: Range<Int>, kept: [[Int]]?, _ pass: Pass
  ) -> (tokens: Tensor, rows: SequenceRows, pass: Pass) {
    precondition(
      images.shape.rank == 4 && images.shape[1] == 3 && images.shape[2] / config.patchSize == config.grid
        && images.shape[3] / config.patchSize == config.grid,
      "VisionTransformer: images \(images.shape), made for \(config.imageSize) pixels")
    let embedded = embed(images, stem: stem, of: range, kept: kept)
    let tokens = normPre.map { $0(embedded) } ?? embedded
    var part = pass
    part.firstSample += range.lowerBound
    let length = tokens.shape.rows / range.count
    let rows = SequenceRows(
      Segments(count: range.count, length: length, on: tokens.device), scoreBias: relPosBias?.scores(on: tokens.device),
      firstRow: part.firstSample * length)
    return (tokens, rows, part)
  }

  /// Class token and patch tokens of some of the images with their positions: [range·T, D].
  private func embed(_ images: Tensor, stem: Tensor?, of range: Range<Int>, kept: [[Int]]?) -> Tensor {
    let (count, device) = (config.patches, images.device)
    let isRemoved = config.masked == .removed
    // Rows image·count + patch of all images' patches.
    let places = range.flatMap { image in
      let seen = isRemoved ? kept?[image - range.lowerBound] : nil
      return (seen ?? Array(0..<count)).map { image * count + $0 }
    }
    let isWhole = places.count == images.shape[0] * count
    let rows = isWhole ? nil : Tensor(indices: places, on: device)
    var x = stem.map { stem in rows.map(stem.gatherRows) ?? stem } ?? patchEmbed(images, rows)
    if let kept, let maskToken, !isRemoved {
      let hidden = Masking.hidden(beside: kept, count: count)
      if !hidden.isEmpty { x = x.replacingRows(Tensor(indices: hidden, on: device), by: maskToken.tensor) }
    }
    var prefix = clsToken.tensor
    if let posEmbed {
      let shift = config.position == .all ? 1 : 0
      let positions =
        isRemoved && kept != nil
        ? Tensor(indices: places.map { $0 % count + shift }, on: device)
        : .indices(count, from: shift, rows: range.count, on: device)
      x = x.addingRows(of: posEmbed.tensor, positions)
      if shift == 1 { prefix = prefix.addingRows(of: posEmbed.tensor, .indices(1, on: device)) }
    }
    return x.prefixed(by: prefix, samples: range.count)
  }
}
