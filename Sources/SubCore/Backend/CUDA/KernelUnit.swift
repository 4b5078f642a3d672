internal import CCudaKernels

/// A file of kernels, compiled as one.
enum KernelUnit: String, CaseIterable {
  case elementwise, axes, rows, losses, norm, sums, optimizers, attention
  case tilesForward = "tiles_forward"
  case tilesBackward = "tiles_backward"
  case tilesBias = "tiles_bias"
  case fragments
  case batchNorm = "batch_norm"
  case convolution, grids

  /// Its whole text.
  var source: String {
    guard let text = masksub_cuda_source(rawValue) else { preconditionFailure("no kernels called \(rawValue)") }
    return String(cString: text)
  }
}
