extension Tensor {
  /// Convolution of a grid of pixels, channels last: x [N, H, W, C], weight [O, C, k, k] as in checkpoints, bias [O] →
  /// [N, H′, W′, O] with H′ = ⌊(H + 2·padding − k) / stride⌋ + 1. Accumulates in f32; x is read, and the result is, in the
  /// type in which the weight's set computes.
  public func convolution(_ weight: Tensor, _ bias: Tensor? = nil, stride: Int = 1, padding: Int = 0) -> Tensor {
    precondition(
      shape.rank == 4 && weight.shape.rank == 4 && weight.shape[1] == shape[3] && weight.shape[2] == weight.shape[3],
      "convolution: x \(shape), weight \(weight.shape)")
    precondition(
      bias == nil || bias!.count == weight.shape[0], "convolution: weight \(weight.shape), bias \(bias!.shape)")
    let window = SlidingWindow(kernel: weight.shape[2], stride: stride, padding: padding)
    // One pixel to one pixel is a linear layer.
    if window.kernel == 1 && padding == 0 { return strided(by: stride).linear(weight, bias) }
    let type = weight.productType
    guard dtype == type else { return converted(to: type).convolution(weight, bias, stride: stride, padding: padding) }
    let (w, low, biasType) = (weight.detached(), weight.lowered(to: type), bias?.dtype ?? weight.dtype)
    let y = like(windowed(window, channels: weight.shape[0], "convolution"))
    // One product of as many pixels as come out.
    let (pixels, channels, depth) = (y.shape.rows, weight.shape[0], weight.count / max(1, weight.shape[0]))
    let count = { Operations.add(pixels, channels, depth) }
    count()
    backend.convolution(detached(), low, bias?.detached(), window, into: y)
    return Tape.record("convolution", [self, weight, bias], output: y) { [x = detached()] vjp in
      let dy = vjp.take().lowered(to: type)
      vjp.accumulate(2, like: [w.shape[0]], dtype: biasType, on: x.device) { x.backend.columnSum(Matrix(dy), into: $0) }
      vjp.accumulate(1, like: w) {
        count()
        x.backend.convolutionBackward(x, dy, window, toWeight: $0)
      }
      guard vjp.wants(0) else { return }
      let dx = x.like(x.shape)
      count()
      x.backend.convolutionBackward(dy, low, window, toData: dx)
      vjp.give(0, dx)
    }
  }

  /// The shape of what a sliding window makes of this grid.
  func windowed(_ window: SlidingWindow, channels: Int, _ name: StaticString) -> Shape {
    precondition(
      shape.rank == 4 && window.stride > 0 && min(shape[1], shape[2]) + 2 * window.padding >= window.kernel,
      "\(name): x \(shape), \(window)")
    return [shape[0], window.count(along: shape[1]), window.count(along: shape[2]), channels]
  }
}
