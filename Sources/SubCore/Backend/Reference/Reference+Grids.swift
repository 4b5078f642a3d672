extension ReferenceBackend {
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor) {
    let channels = y.shape.columns
    for i in 0..<y.count { Elements(y)[i] = bias.map { Elements($0)[i % channels] } ?? 0 }
    window.forEachPair(x.shape, y.shape) { pixel, tap, out in
      for c in 0..<x.shape[3] {
        for o in 0..<channels {
          Elements(y)[out * channels + o] +=
            Elements(x)[pixel * x.shape[3] + c] * Elements(weight)[window.weight(o, c, tap, of: x.shape[3])]
        }
      }
    }
  }

  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor) {
    let (channels, wide) = (dx.shape[3], dy.shape.columns)
    fill(dx, with: 0)
    window.forEachPair(dx.shape, dy.shape) { pixel, tap, out in
      for c in 0..<channels {
        for o in 0..<wide {
          Elements(dx)[pixel * channels + c] +=
            Elements(dy)[out * wide + o] * Elements(weight)[window.weight(o, c, tap, of: channels)]
        }
      }
    }
  }

  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation) {
    let (channels, wide) = (x.shape[3], dy.shape.columns)
    var sums = [Double](repeating: 0, count: dweight.tensor.count)
    window.forEachPair(x.shape, dy.shape) { pixel, tap, out in
      for c in 0..<channels {
        for o in 0..<wide {
          sums[window.weight(o, c, tap, of: channels)] +=
            Elements(dy)[out * wide + o] * Elements(x)[pixel * channels + c]
        }
      }
    }
    let out = Elements(dweight.tensor)
    for (i, sum) in sums.enumerated() { out[i] = sum + (dweight.beta == 0 ? 0 : dweight.beta * out[i]) }
  }

  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor) {
    let (rows, width) = (x.shape.rows, x.shape.columns)
    for column in 0..<width {
      let values = (0..<rows).map { Elements(x)[$0 * width + column] }
      let centre = values.reduce(0, +) / Double(rows)
      Elements(mean)[column] = centre
      Elements(variance)[column] = values.reduce(0) { $0 + ($1 - centre) * ($1 - centre) } / Double(rows)
    }
  }

  func batchNorm(_ call: BatchNormCall, into y: Tensor) {
    let path = call.pathFactors()
    for position in 0..<y.count {
      let value = call.normed(position) * path[position / call.width]
      let z = value + (call.shortcut.map { Elements($0)[position] } ?? 0)
      Elements(y)[position] = call.isRectified ? max(z, 0) : z
    }
  }

  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?
  ) {
    let (rows, width, path) = (call.rows, call.width, call.pathFactors())
    let passed = (0..<dy.count).map { position in
      let z = y.map { Elements($0)[position] } ?? (call.isRectified ? call.normed(position) : 1)
      return z > 0 ? Elements(dy)[position] : 0
    }
    if let dz { for (position, value) in passed.enumerated() { Elements(dz)[position] = value } }
    for column in 0..<width {
      let positions = (0..<rows).map { $0 * width + column }
      let upstream = zip(positions, path).map { passed[$0] * $1 }
      let normal = positions.map { (Elements(call.x)[$0] - Elements(call.mean)[column]) / call.deviation(column) }
      let (sum, dot) = (upstream.reduce(0, +), zip(upstream, normal).reduce(0) { $0 + $1.0 * $1.1 })
      let count = call.isOfBatch ? Double(rows) : .infinity
      if let dx {
        for (row, position) in positions.enumerated() {
          Elements(dx)[position] =
            Elements(call.weight)[column] / call.deviation(column)
            * (upstream[row] - sum / count - normal[row] * dot / count)
        }
      }
      for (target, total) in [(dweight, dot), (dbias, sum)] {
        guard let target else { continue }
        let out = Elements(target.tensor)
        out[column] = total + (target.beta == 0 ? 0 : target.beta * out[column])
      }
    }
  }

  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor) {
    let channels = x.shape[3]
    fill(y, with: -.infinity)
    window.forEachPair(x.shape, y.shape) { pixel, tap, out in
      for c in 0..<channels {
        let value = Elements(x)[pixel * channels + c]
        guard value > Elements(y)[out * channels + c] else { continue }
        Elements(y)[out * channels + c] = value
        which.pointer(UInt8.self)[out * channels + c] = UInt8(tap)
      }
    }
  }

  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor) {
    let channels = dx.shape[3]
    fill(dx, with: 0)
    window.forEachPair(dx.shape, dy.shape) { pixel, tap, out in
      for c in 0..<channels where which.pointer(UInt8.self)[out * channels + c] == UInt8(tap) {
        Elements(dx)[pixel * channels + c] += Elements(dy)[out * channels + c]
      }
    }
  }

  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor) {
    fill(y, with: 0)
    forEachMerged(x.shape, side, stride, y.shape) { Elements(y)[$1] = Elements(x)[$0] }
  }

  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor) {
    fill(dx, with: 0)
    forEachMerged(dx.shape, side, stride, dy.shape) { Elements(dx)[$0] = Elements(dy)[$1] }
  }

  /// Every element of the grid x that is in a cell of y, and where.
  private func forEachMerged(_ x: Shape, _ side: Int, _ stride: Int, _ y: Shape, _ body: (Int, Int) -> Void) {
    for n in 0..<x[0] {
      for i in 0..<x[1] where i % stride < side {
        for j in 0..<x[2] where j % stride < side {
          let tap = j % stride * side + i % stride
          for c in 0..<x[3] {
            let cell = (n * y[1] + i / stride) * y[2] + j / stride
            body(((n * x[1] + i) * x[2] + j) * x[3] + c, cell * y[3] + tap * x[3] + c)
          }
        }
      }
    }
  }

  func channelsLast(_ images: Tensor, into y: Tensor) {
    let (channels, pixels) = (images.shape[1], images.shape[2] * images.shape[3])
    for position in 0..<y.count {
      let (row, c) = (position / channels, position % channels)
      Elements(y)[position] = Elements(images)[(row / pixels * channels + c) * pixels + row % pixels]
    }
  }

  func clearCells(_ cells: Tensor, size: Int, in images: Tensor) {
    let (height, width) = (images.shape[2], images.shape[3])
    let (down, across) = (height / size, width / size)
    let listed = Set(cells.indexList)
    for position in 0..<images.count {
      let (image, row, column) = (
        position / (images.shape[1] * height * width), position / width % height, position % width
      )
      guard row / size < down, column / size < across else { continue }
      if listed.contains(image * down * across + row / size * across + column / size) {
        Elements(images)[position] = 0
      }
    }
  }
}

extension SlidingWindow {
  /// Every pixel of x that a window of y sees: both by raster index, and the pixel's place in the window.
  fileprivate func forEachPair(_ x: Shape, _ y: Shape, _ body: (_ pixel: Int, _ tap: Int, _ out: Int) -> Void) {
    for out in 0..<y[0] * y[1] * y[2] {
      let (image, i, j) = (out / (y[1] * y[2]), out / y[2] % y[1], out % y[2])
      for tap in 0..<kernel * kernel {
        let (row, column) = (i * stride - padding + tap / kernel, j * stride - padding + tap % kernel)
        guard (0..<x[1]).contains(row), (0..<x[2]).contains(column) else { continue }
        body((image * x[1] + row) * x[2] + column, tap, out)
      }
    }
  }

  /// Where a weight [O, C, k, k] stands.
  fileprivate func weight(_ o: Int, _ c: Int, _ tap: Int, of channels: Int) -> Int {
    (o * channels + c) * kernel * kernel + tap
  }
}

extension BatchNormCall {
  fileprivate func deviation(_ column: Int) -> Double { (Elements(variance)[column] + epsilon).squareRoot() }

  /// An element behind the norm, before path, joint and ReLU.
  fileprivate func normed(_ position: Int) -> Double {
    let column = position % width
    return (Elements(x)[position] - Elements(mean)[column]) / deviation(column) * Elements(weight)[column]
      + Elements(bias)[column]
  }

  fileprivate func pathFactors() -> [Double] { path?.factors() ?? Array(repeating: 1, count: rows) }
}
