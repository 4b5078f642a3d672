internal import CSubKernels

extension CPUBackend {
  func residualNorm(_ call: ResidualNormCall, z: Tensor?, y: Tensor?, mean: Tensor?, rstd: Tensor?) {
    var arguments = call.arguments(branch: call.h, normed: y)
    sk_residual_norm_forward(&arguments, z?.floatPointer, y?.rawPointer, mean?.floatPointer, rstd?.floatPointer)
  }

  func residualNormBackward(
    _ call: ResidualNormCall, z: Tensor, mean: Tensor?, rstd: Tensor?, dz: Tensor?, dy: Tensor?, dx: Tensor,
    dh: Tensor?, dgamma: Accumulation?, dweight: Accumulation?, dbias: Accumulation?
  ) {
    // Where no LayerScale needs it, the branch itself is not read, only its gradient is written.
    var arguments = call.arguments(branch: dh ?? call.h, normed: dy)
    sk_residual_norm_backward(
      &arguments, z.floatPointer, mean?.floatPointer, rstd?.floatPointer, dz?.floatPointer, dy?.rawPointer,
      dx.floatPointer, dh?.rawPointer, Float(dgamma?.beta ?? 0), dgamma?.tensor.floatPointer,
      Float(dweight?.beta ?? 0), dweight?.tensor.floatPointer, Float(dbias?.beta ?? 0), dbias?.tensor.floatPointer)
  }
}

extension ResidualNormCall {
  /// `branch` and `normed` tell the types of h and y.
  fileprivate func arguments(branch: Tensor?, normed: Tensor?) -> sk_residual_norm {
    sk_residual_norm(
      rows: Int64(rows), d: Int64(width), h_type: branch?.kernelType ?? 0, y_type: normed?.kernelType ?? 0,
      x: x.floatPointer, h: h.map { UnsafeRawPointer($0.rawPointer) },
      gamma: gamma.map { UnsafePointer($0.floatPointer) }, dropout: dropout?.rate ?? 0, key: dropout?.key.bits ?? 0,
      path_drop: path?.rate ?? 0, path_key: path?.key.bits ?? 0, samples: Int64(path?.samples.count ?? 0),
      row_offsets: path.map { UnsafePointer($0.samples.offsets.indexPointer) },
      weight: weight.map { UnsafePointer($0.floatPointer) }, bias: bias.map { UnsafePointer($0.floatPointer) },
      epsilon: Float(epsilon), first_row: Int64(dropout?.firstRow ?? 0),
      first_sample: Int64(path?.firstSample ?? 0))
  }
}
