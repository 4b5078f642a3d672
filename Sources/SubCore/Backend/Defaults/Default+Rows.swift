extension Backend {
  func clearRows(_ table: Tensor, touched: Tensor) {
    let rows = table.asRows
    let flags = touched.converted(to: table.dtype).reshapedView([touched.count, 1]).broadcast(to: rows.shape)
    let isTouched = flags.compared(.equal, flags.constant(1))
    select(isTouched, rows.constant(0), rows, into: rows)
    fill(touched, with: 0)
  }

  func segmentMean(_ x: Tensor, _ segments: Segments, into y: Tensor) {
    let sums = x.zeros([segments.count, x.shape.columns])
    scatterAddRows(x.asRows, segments.sequenceOfRow, into: sums, touched: nil)
    y.assign(sums / segments.counts(like: x))
  }

  func segmentMeanBackward(_ dy: Tensor, _ segments: Segments, into dx: Tensor) {
    dx.assign((dy.asRows / segments.counts(like: dy)).gatherRows(segments.sequenceOfRow))
  }

  func patchify(_ images: Tensor, patch: Int, patches: Tensor?, into y: Tensor) {
    let (down, across) = (images.shape[2] / patch, images.shape[3] / patch)
    let grid = StridedView(images).part(0..<down * patch, axis: 2).part(0..<across * patch, axis: 3).tensor()
    let cells = grid.reshapedView([images.shape[0], images.shape[1], down, patch, across, patch])
    let all = StridedView(cells).permuted([0, 2, 4, 1, 3, 5]).dense()
      .reshapedView([images.shape[0] * down * across, images.shape[1] * patch * patch])
    y.assign(patches.map { all.gatherRows($0) } ?? all)
  }

  func normalizeRows(_ x: Tensor, epsilon: Double, into y: Tensor, norms: Tensor) {
    let x = x.asRows
    let lengths = (x * x).sum(-1, keepingAxes: true).sqrt()
    norms.assign(lengths)
    y.assign(x / lengths.maximum(lengths.constant(epsilon)))
  }

  func normalizeRowsBackward(_ y: Tensor, norms: Tensor, epsilon: Double, _ dy: Tensor, into dx: Tensor) {
    let (y, dy, lengths) = (y.asRows, dy.asRows, norms.reshapedView([norms.count, 1]))
    // Below epsilon the divisor is constant.
    let moves = lengths.constant(epsilon).compared(.less, lengths).converted(to: y.dtype)
    let dot = (y * dy).sum(-1, keepingAxes: true) * moves
    dx.assign((dy - y * dot) / lengths.maximum(lengths.constant(epsilon)))
  }
}
