extension TimedBackend {
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor) {
    timed("convolution", [x, weight, bias, y]) {
      base.convolution(x, weight, bias, window, into: y)
    }
  }

  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor) {
    timed("convolutionBackward(toData)", [dy, weight, dx]) {
      base.convolutionBackward(dy, weight, window, toData: dx)
    }
  }

  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation) {
    timed(
      "convolutionBackward(toWeight)", [x, dy, dweight]
    ) { base.convolutionBackward(x, dy, window, toWeight: dweight) }
  }

  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor) {
    timed("batchMoments", [x, mean, variance]) { base.batchMoments(x, mean: mean, variance: variance) }
  }

  func batchNorm(_ call: BatchNormCall, into y: Tensor) {
    timed("batchNorm", [call, y]) { base.batchNorm(call, into: y) }
  }

  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?
  ) {
    timed("batchNormBackward", [call, y, dy, dz, dx, dweight, dbias]) {
      base.batchNormBackward(call, y: y, dy: dy, dz: dz, dx: dx, dweight: dweight, dbias: dbias)
    }
  }

  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor) {
    timed("maxPool", [x, y, which]) { base.maxPool(x, window, into: y, which: which) }
  }

  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor) {
    timed("maxPoolBackward", [dy, which, dx]) { base.maxPoolBackward(dy, which: which, window, into: dx) }
  }

  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor) {
    timed("mergePixels", [x, y]) { base.mergePixels(x, side: side, stride: stride, into: y) }
  }

  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor) {
    timed("mergePixelsBackward", [dy, dx]) { base.mergePixelsBackward(dy, side: side, stride: stride, into: dx) }
  }

  func normalizePixels(_ pixels: PixelBatch, into y: Tensor) {
    timed("normalizePixels", [pixels, y]) { base.normalizePixels(pixels, into: y) }
  }

  func channelsLast(_ images: Tensor, into y: Tensor) {
    timed("channelsLast", [images, y]) { base.channelsLast(images, into: y) }
  }

  func clearCells(_ cells: Tensor, size: Int, in images: Tensor) {
    timed("clearCells", [cells]) { base.clearCells(cells, size: size, in: images) }
  }
}
