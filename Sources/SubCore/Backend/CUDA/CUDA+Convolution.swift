internal import CCudaKernels

extension CUDABackend {
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor) {
    precondition(weight.dtype == x.dtype, "cuda: a convolution of \(x.dtype) by \(weight.dtype)")
    _ = x.kernelType(as: y)
    convolve(x, weight, bias, window.of(x.shape, to: y.shape), isBackward: false, into: y)
  }

  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor) {
    precondition(weight.dtype == dx.dtype, "cuda: a convolution of \(dx.dtype) by \(weight.dtype)")
    _ = dy.kernelType(as: dx)
    convolve(dy, weight, nil, window.of(dx.shape, to: dy.shape), isBackward: true, into: dx)
  }

  private func convolve(
    _ source: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: ms_window, isBackward: Bool, into out: Tensor
  ) {
    guard out.count > 0 else { return }
    let (ordered, suffix) = (weight.like([weight.count]), out.suffix)
    launch(
      .convolution, "order_weight_\(suffix)", blocks: blocks(Int(window.o * window.c), per: 256), threads: 256,
      ms_order_weight(
        weight: weight.rawPointer, ordered: ordered.rawPointer, o: window.o, c: window.c, taps: window.taps,
        is_backward: isBackward ? 1 : 0))
    let (outputs, channels) = isBackward ? (Int(window.c), Int(window.o)) : (Int(window.o), Int(window.c))
    // The way back goes by classes of pixels that lie alike between the windows, this many at most in each.
    let stride = isBackward ? Int(window.stride) : 1
    let pixels = out.shape[0] * blocks(out.shape[1], per: stride) * blocks(out.shape[2], per: stride)
    let arguments = ms_convolve(
      source: source.rawPointer, weight: ordered.rawPointer, bias: bias?.floatPointer, out: out.rawPointer,
      window: window, is_backward: isBackward ? 1 : 0)
    if channels % 8 == 0 && source.isForTiles {
      let columns = columnsOfTile(pixels * stride * stride, outputs)
      launch(
        .convolution, "convolve_128x\(columns)_bf16",
        blocks: (blocks(pixels, per: 128) * blocks(outputs, per: columns), 1, stride * stride), threads: 128,
        shared: 4 * (128 + columns) * 64, arguments)
    } else {
      launch(
        .convolution, "convolve_elements_\(suffix)",
        blocks: (blocks(pixels, per: 64) * blocks(outputs, per: 64), 1, stride * stride), threads: 128,
        shared: out.elementTileBytes + 64 * 12, arguments)
    }
  }

  /// 128 or 64 columns of results a tile. The larger tile reads less for every result; the smaller one leaves fewer
  /// multiprocessors idle at the end, and where there are few outputs. Two and three such blocks fit a multiprocessor.
  private func columnsOfTile(_ pixels: Int, _ outputs: Int) -> Int {
    func rounds(_ columns: Int, fitting: Int) -> Int {
      blocks(blocks(pixels, per: 128) * blocks(outputs, per: columns), per: fitting * multiprocessors)
    }
    return Double(rounds(128, fitting: 2) * 4) <= Double(rounds(64, fitting: 3) * 3) / 0.85 ? 128 : 64
  }

  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation) {
    _ = x.kernelType(as: dy)
    let shape = window.of(x.shape, to: dy.shape)
    let (pixels, outputs, width) = (dy.shape.rows, Int(shape.o), Int(shape.taps * shape.c))
    guard outputs * width > 0 else { return }
    let isTiled = shape.c % 8 == 0 && shape.o % 8 == 0 && x.isForTiles && dy.isForTiles
    let tile: (rows: Int, columns: Int) = !isTiled ? (64, 64) : outputs <= 64 ? (64, 128) : (128, 128)
    let tiles = blocks(outputs, per: tile.rows) * blocks(width, per: tile.columns)
    let share = pixelsOfSplit(pixels, tiles, tile.rows * tile.columns, outputs * width, isBF16: x.dtype == .bf16)
    let splits = blocks(pixels, per: share)
    let partial = x.like([splits * outputs * width], dtype: .f32)
    let arguments = ms_convolve_weight(
      x: x.rawPointer, dy: dy.rawPointer, partial: partial.floatPointer, window: shape, pixels: Int32(share),
      by_across: ms_divisor(by: Int(shape.across)), by_down: ms_divisor(by: Int(shape.down)))
    if splits > 0 {
      launch(
        .convolution,
        isTiled ? "convolve_weight_\(tile.rows)x128_bf16" : "convolve_weight_elements_\(x.suffix)",
        blocks: (tiles, splits, 1), threads: 128,
        shared: isTiled ? 4 * (tile.rows + 128) * 64 : x.elementTileBytes, arguments)
    }
    launch(
      .convolution, "sum_weight", blocks: blocks(outputs * width, per: 256), threads: 256,
      ms_sum_weight(
        partial: partial.floatPointer, dweight: dweight.tensor.floatPointer, splits: Int32(splits), o: shape.o,
        c: shape.c, taps: shape.taps, beta: Float(dweight.beta)))
  }

  /// How many pixels a block adds up: all multiprocessors want work, but every split writes and reads `results` sums.
  private func pixelsOfSplit(_ pixels: Int, _ tiles: Int, _ area: Int, _ results: Int, isBF16: Bool) -> Int {
    let atOnce = multiprocessors * (area > 8192 ? 2 : 3)
    // Seconds: of a round of blocks over all pixels, by multiplications; of a split's sums, by bytes.
    let round = Double(2 * atOnce * area * pixels) / (isBF16 ? 350e12 : 30e12)
    let sums = Double(8 * results) / 2.5e12
    func time(_ splits: Int) -> Double {
      Double(blocks(tiles * splits, per: atOnce)) / Double(splits) * round + Double(splits) * sums
    }
    let most = max(1, min(blocks(pixels, per: 256), blocks(2 * atOnce, per: tiles)))
    let splits = (1...most).min { time($0) < time($1) }!
    return max(32, blocks(blocks(pixels, per: splits), per: 32) * 32)
  }
}

extension ms_window {
  fileprivate var taps: Int32 { kernel * kernel }
}

extension ms_divisor {
  /// Of numbers below 2³¹: the multiplier is 2³¹ to 2³² and too large by less than a unit, which is never seen.
  fileprivate init(by divisor: Int) {
    let bits = Int.bitWidth - max(0, divisor - 1).leadingZeroBitCount
    self.init(multiplier: UInt32(((1 << (31 + bits)) + divisor - 1) / max(1, divisor)), bits: Int32(bits))
  }
}

extension Tensor {
  /// Whether the matrix units' tiles can be gathered from it, 16 bytes at a time, by offsets of 32 bits.
  fileprivate var isForTiles: Bool { dtype == .bf16 && isAligned(to: 16) && count < 1 << 31 }

  /// Two buffers of both sides of a tile of 64 × 64 results.
  fileprivate var elementTileBytes: Int { 4 * (dtype == .bf16 ? 64 * 64 : 16 * 68 * 4) }
}
