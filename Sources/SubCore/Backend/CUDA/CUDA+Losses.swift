internal import CCudaKernels

extension CUDABackend {
  func softmax(_ logits: Tensor, into y: Tensor) { launchRows("softmax_rows", ms_losses(logits, y)) }

  func crossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    launchRows("cross_entropy", ms_losses(logits, losses, target))
  }

  func crossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    launchRows("cross_entropy_backward", ms_losses(logits, dlogits, target, scale: scale))
  }

  func binaryCrossEntropy(_ logits: Tensor, _ target: Target, into losses: Tensor) {
    launchRows("binary_cross_entropy", ms_losses(logits, losses, target))
  }

  func binaryCrossEntropyBackward(_ logits: Tensor, _ target: Target, scale: Double, into dlogits: Tensor) {
    launchRows("binary_cross_entropy_backward", ms_losses(logits, dlogits, target, scale: scale))
  }

  /// A warp takes a narrow row, a block of few or many warps a wide one.
  private func launchRows(_ kernel: String, _ arguments: ms_losses) {
    let classes = Int(arguments.classes)
    guard classes > 0 else { return }
    let threads = classes <= 128 ? 128 : classes <= 2048 ? 256 : 1024
    let isNarrow = classes <= 128
    var arguments = arguments
    arguments.team = isNarrow ? 32 : Int32(threads)
    launch(
      .losses, kernel, blocks: blocks(Int(arguments.rows), per: isNarrow ? threads / 32 : 1), threads: threads,
      shared: isNarrow ? 0 : threads / 32 * 4 * MemoryLayout<Float>.size, arguments)
  }
}

extension ms_losses {
  fileprivate init(_ logits: Tensor, _ out: Tensor, _ target: Target? = nil, scale: Double = 1) {
    self.init()
    self.logits = UnsafePointer(logits.floatPointer)
    self.out = out.floatPointer
    rows = Int64(logits.shape.rows)
    classes = Int32(logits.shape.columns)
    self.scale = Float(scale)
    switch target {
    case .probabilities(let tensor): self.target = UnsafePointer(tensor.floatPointer)
    case .labels(let labels, let smoothing):
      self.labels = UnsafePointer(labels.indexPointer)
      self.smoothing = smoothing
    case nil: break
    }
  }
}
