extension Tensor {
  /// The greatest pixel of every window, channel by channel: [N, H, W, C] → [N, H′, W′, C]. Of equals the first in raster
  /// order; nothing beyond the border is seen.
  public func maxPool(_ kernel: Int, stride: Int, padding: Int = 0) -> Tensor {
    precondition(2 * padding <= kernel && kernel <= 15, "maxPool: kernel \(kernel), padding \(padding)")
    let window = SlidingWindow(kernel: kernel, stride: stride, padding: padding)
    let y = like(windowed(window, channels: shape.columns, "maxPool"))
    let which = like(y.shape, dtype: .u8)
    backend.maxPool(detached(), window, into: y, which: which)
    return Tape.record("maxPool", [self], output: y) { [x = shape] vjp in
      let dy = vjp.take()
      let dx = dy.like(x)
      dy.backend.maxPoolBackward(dy, which: which, window, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Every `stride`-th pixel of every `stride`-th row: [N, H, W, C] → [N, ⌈H/stride⌉, ⌈W/stride⌉, C].
  public func strided(by stride: Int) -> Tensor { stride == 1 ? self : mergingPixels(side: 1, stride: stride) }

  /// Cells of 2 × 2 pixels as one, in timm's order (row, column) = (0, 0), (1, 0), (0, 1), (1, 1); zeros complete the
  /// cells of an odd border: [N, H, W, C] → [N, ⌈H/2⌉, ⌈W/2⌉, 4C]. Swin's patch merging.
  public func mergingPatches() -> Tensor { mergingPixels(side: 2, stride: 2) }

  private func mergingPixels(side: Int, stride: Int) -> Tensor {
    precondition(shape.rank == 4 && stride > 0, "merging: x \(shape), stride \(stride)")
    let cells = (shape[1] + stride - 1) / stride
    let y = like([shape[0], cells, (shape[2] + stride - 1) / stride, side * side * shape[3]])
    backend.mergePixels(detached(), side: side, stride: stride, into: y)
    return Tape.record("mergingPixels", [self], output: y) { [x = shape] vjp in
      let dy = vjp.take()
      let dx = dy.like(x)
      dy.backend.mergePixelsBackward(dy, side: side, stride: stride, into: dx)
      vjp.give(0, dx)
    }
  }

  /// Images [N, C, H, W], constants, with their channels last: [N, H, W, C]. `dtype`: nil: the images'.
  public func channelsLast(as dtype: DType? = nil) -> Tensor {
    precondition(shape.rank == 4 && !isTracked, "channelsLast: images \(shape) are constants [N, C, H, W]")
    let y = like([shape[0], shape[2], shape[3], shape[1]], dtype: dtype)
    backend.channelsLast(detached(), into: y)
    return y
  }

  /// Images [N, C, H, W], constants, with zeros in the cells of size × size pixels that are listed (i32, image · grid +
  /// raster index): what masking hides from a convolution.
  public func clearingCells(_ cells: Tensor, of size: Int) -> Tensor {
    precondition(
      shape.rank == 4 && !isTracked && cells.dtype == .i32, "clearingCells: images \(shape) are constants [N, C, H, W]")
    let y = like(shape)
    backend.combine(1, detached(), 0, into: y)
    backend.clearCells(cells, size: size, in: y)
    return y
  }
}
