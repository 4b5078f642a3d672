// Pixels as rows of their channels, by index.
extension Backend {
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor) {
    let sum = y.zeros([y.shape.rows, y.shape.columns])
    if let bias { sum.assign(bias.broadcast(to: sum.shape)) }
    for tap in 0..<window.taps {
      let pixels = x.gathered(window.pixels(tap, x.shape, y.shape))
      gemm(
        1, Matrix(pixels), transposed: false, Matrix(window.part(of: weight, tap).dense()), transposed: true, 1,
        into: Matrix(sum))
    }
    y.assign(sum)
  }

  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor) {
    // One row more, for pixels beyond the border.
    let sum = dx.zeros([dx.shape.rows + 1, dx.shape.columns])
    for tap in 0..<window.taps {
      let share = dy.asRows.matmul(window.part(of: weight, tap).dense())
      let rows = window.pixels(tap, dx.shape, dy.shape).map { $0 < 0 ? dx.shape.rows : $0 }
      scatterAddRows(share, Tensor(indices: rows, on: dx.device), into: sum, touched: nil)
    }
    dx.assign(sum.slice(from: 0, shape: dx.shape))
  }

  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation) {
    let sum = dweight.tensor.zeros([dy.shape.columns, x.shape.columns, window.kernel, window.kernel])
    for tap in 0..<window.taps {
      let share = dy.asRows.transposed().matmul(x.gathered(window.pixels(tap, x.shape, dy.shape)))
      copy(StridedView(share), adding: false, into: window.part(of: sum, tap))
    }
    dweight.add(sum)
  }

  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor) {
    let lowest = x.like([x.shape.columns], filledWith: -.infinity)
    var (best, place) = (lowest.broadcast(to: y.asRows.shape), y.zeros(y.asRows.shape))
    for tap in 0..<window.taps {
      let pixels = x.gathered(window.pixels(tap, x.shape, y.shape), extra: lowest)
      let isGreater = best.compared(.less, pixels)
      place = isGreater.selected(place.constant(Double(tap)), place, like: place)
      best = isGreater.selected(pixels, best, like: best)
    }
    y.assign(best)
    convert(place, into: which)
  }

  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor) {
    let sum = dx.zeros([dx.shape.rows + 1, dx.shape.columns])
    let place = which.converted(to: dy.dtype).asRows
    for tap in 0..<window.taps {
      let share = dy.asRows * place.compared(.equal, place.constant(Double(tap))).converted(to: dy.dtype)
      let rows = window.pixels(tap, dx.shape, dy.shape).map { $0 < 0 ? dx.shape.rows : $0 }
      scatterAddRows(share, Tensor(indices: rows, on: dx.device), into: sum, touched: nil)
    }
    dx.assign(sum.slice(from: 0, shape: dx.shape))
  }

  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor) {
    y.assign(x.gathered(merged(x.shape, side, stride, y.shape)))
  }

  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor) {
    let rows = merged(dx.shape, side, stride, dy.shape)
    fill(dx, with: 0)
    scatterRows(
      dy.reshapedView([rows.count, dx.shape.columns]), Tensor(indices: rows, on: dx.device), into: dx.asRows)
  }

  func normalizePixels(_ pixels: PixelBatch, into y: Tensor) {
    let (count, height, width) = (pixels.count, pixels.height, pixels.width)
    // A byte of a channel is an index to the table of all three.
    let planes = StridedView(Tensor(pixels.bytes, on: y.device)).permuted([0, 3, 1, 2]).dense()
    let first = Tensor([0, 256, 512], [1, 3, 1, 1], dtype: y.dtype, on: y.device)
    let places = y.like([y.count], dtype: .i32)
    convert((planes.converted(to: y.dtype) + first).reshapedView([y.count]), into: places)
    let table = Tensor(pixels.table.map { Double($0) }, [pixels.table.count, 1], dtype: y.dtype, on: y.device)
    gatherRows(table, places, adding: false, into: y.reshapedView([y.count, 1]))
    if !pixels.erased.isEmpty {
      let erased = pixels.erased.flatMap { area in
        (0..<3).flatMap { channel in
          area.rows.flatMap { row in
            area.columns.map { ((area.picture * 3 + channel) * height + row) * width + $0 }
          }
        }
      }
      let noise = Tensor(pixels.noise.map { Double($0) }, [erased.count, 1], dtype: y.dtype, on: y.device)
      scatterRows(noise, Tensor(indices: erased, on: y.device), into: y.reshapedView([y.count, 1]))
    }
    let partners = y.reshapedView([count, 3 * height * width])
      .gatherRows(Tensor(indices: Array((0..<count).reversed()), on: y.device)).reshapedView(y.shape)
    switch pixels.mixing {
    case .none: break
    case .blend(let own, let other): y.assign(y.scaled(by: Double(own)) + partners.scaled(by: Double(other)))
    case .cut(let rows, let columns):
      func cut(_ x: Tensor) -> StridedView { StridedView(x).part(rows, axis: 2).part(columns, axis: 3) }
      if !rows.isEmpty && !columns.isEmpty { copy(cut(partners), adding: false, into: cut(y)) }
    }
  }

  func channelsLast(_ images: Tensor, into y: Tensor) {
    copy(StridedView(images).permuted([0, 2, 3, 1]), adding: false, into: StridedView(y))
  }

  func clearCells(_ cells: Tensor, size: Int, in images: Tensor) {
    let (count, height, width) = (images.shape[0], images.shape[2], images.shape[3])
    let (down, across) = (height / size, width / size)
    let stays = images.like([count * down * across, 1], filledWith: 1)
    scatterRows(images.zeros([cells.count, 1]), cells, into: stays)
    let cell = (0..<count * height * width).map { pixel in
      let (image, row, column) = (pixel / (height * width), pixel / width % height / size, pixel % width / size)
      return row < down && column < across ? (image * down + row) * across + column : -1
    }
    let factors = stays.gathered(cell, extra: images.constant(1)).reshapedView([count, 1, height, width])
    images.assign(images * factors)
  }

  /// The pixel of x at every place of y's cells, by taps down before across; -1: beyond the border.
  private func merged(_ x: Shape, _ side: Int, _ stride: Int, _ y: Shape) -> [Int] {
    (0..<y[0] * y[1] * y[2] * side * side).map { place in
      let (cell, tap) = (place / (side * side), place % (side * side))
      let (image, row, column) = (
        cell / (y[1] * y[2]), cell / y[2] % y[1] * stride + tap % side, cell % y[2] * stride + tap / side
      )
      return row < x[1] && column < x[2] ? (image * x[1] + row) * x[2] + column : -1
    }
  }
}

extension SlidingWindow {
  fileprivate var taps: Int { kernel * kernel }

  /// The pixel of x [N, H, W, C] that each window of y [N, H′, W′, ·] has at a tap; -1: beyond the border.
  fileprivate func pixels(_ tap: Int, _ x: Shape, _ y: Shape) -> [Int] {
    (0..<y[0] * y[1] * y[2]).map { out in
      let (image, i, j) = (out / (y[1] * y[2]), out / y[2] % y[1], out % y[2])
      let (row, column) = (i * stride - padding + tap / kernel, j * stride - padding + tap % kernel)
      return (0..<x[1]).contains(row) && (0..<x[2]).contains(column) ? (image * x[1] + row) * x[2] + column : -1
    }
  }

  /// A tap of a weight [O, C, k, k], as [O, C].
  fileprivate func part(of weight: Tensor, _ tap: Int) -> StridedView {
    let (row, column) = (tap / kernel, tap % kernel)
    return StridedView(weight).part(row..<row + 1, axis: 2).part(column..<column + 1, axis: 3).squeezedLast(2)
  }
}
