/// What a device must be able to do with grids of pixels [N, H, W, C], beside `Backend`'s matrices and rows: with
/// defaults too.
protocol GridBackend {
  // Convolutions
  /// y [N, H′, W′, O] = x [N, H, W, C] * weight [O, C, k, k] + bias [O].
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor)
  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor)
  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation)

  // Batch-norm
  /// Mean and biased variance [D] of the columns of x.
  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor)
  func batchNorm(_ call: BatchNormCall, into y: Tensor)
  /// dz is dy behind the ReLU, wanted where there is a shortcut before a ReLU, whose y is then given; it may be dy's
  /// memory, and so may dx where there is none. dx nil: only the sums are wanted.
  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?)

  // Pooling and merging
  /// y [N, H′, W′, C] and u8 `which` of the same shape: the pixel of the window (row · kernel + column) that is greatest.
  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor)
  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor)
  /// Of every cell of stride × stride pixels the first side × side, side by side in y.
  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor)
  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor)

  // Images
  /// y [N, 3, H, W] of a batch of bytes on the host, which may go as soon as this returns.
  func normalizePixels(_ pixels: PixelBatch, into y: Tensor)
  /// y [N, H, W, C] from images [N, C, H, W].
  func channelsLast(_ images: Tensor, into y: Tensor)
  /// Zero in the cells (i32, image · grid + raster index) of size × size pixels of images [N, C, H, W].
  func clearCells(_ cells: Tensor, size: Int, in images: Tensor)
}

/// The square window of a convolution or of pooling.
struct SlidingWindow {
  let kernel, stride, padding: Int

  /// How many windows lie along a side.
  func count(along length: Int) -> Int { (length + 2 * padding - kernel) / stride + 1 }
}

/// The operands of batch-norm over rows: z = path · ((x − mean) / √(variance + ε) · weight + bias) (+ shortcut), and
/// y = max(z, 0) where rectified.
struct BatchNormCall {
  let x: Tensor
  /// [D] each: of the batch, or running.
  let mean, variance: Tensor
  let weight, bias: Tensor
  let epsilon: Double
  /// Whether mean and variance are the batch's own, so that they depend on x.
  let isOfBatch: Bool
  let isRectified: Bool
  let shortcut: Tensor?
  let path: DropPath?
  var rows: Int { x.shape.rows }
  var width: Int { x.shape.columns }
}
