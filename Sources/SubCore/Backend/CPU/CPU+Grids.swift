internal import CSubKernels

extension CPUBackend {
  func convolution(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ window: SlidingWindow, into y: Tensor) {
    precondition(weight.dtype == x.dtype, "cpu: a convolution of \(x.dtype) by \(weight.dtype)")
    var shape = window.convolution(x, channels: y.shape.columns, as: y)
    sk_convolution_forward(&shape, x.rawPointer, weight.rawPointer, bias?.floatPointer, y.rawPointer)
  }

  func convolutionBackward(_ dy: Tensor, _ weight: Tensor, _ window: SlidingWindow, toData dx: Tensor) {
    precondition(weight.dtype == dx.dtype, "cpu: a convolution of \(dx.dtype) by \(weight.dtype)")
    var shape = window.convolution(dx, channels: dy.shape.columns, as: dy)
    sk_convolution_backward_data(&shape, dy.rawPointer, weight.rawPointer, dx.rawPointer)
  }

  func convolutionBackward(_ x: Tensor, _ dy: Tensor, _ window: SlidingWindow, toWeight dweight: Accumulation) {
    var shape = window.convolution(x, channels: dy.shape.columns, as: dy)
    sk_convolution_backward_weights(
      &shape, x.rawPointer, dy.rawPointer, Float(dweight.beta), dweight.tensor.floatPointer)
  }

  func batchMoments(_ x: Tensor, mean: Tensor, variance: Tensor) {
    sk_batch_moments(
      Int64(x.shape.rows), Int64(x.shape.columns), x.kernelType, x.rawPointer, mean.floatPointer,
      variance.floatPointer)
  }

  func batchNorm(_ call: BatchNormCall, into y: Tensor) {
    var arguments = call.arguments
    precondition(y.dtype == call.x.dtype, "cpu: batch-norm of \(call.x.dtype) into \(y.dtype)")
    sk_batch_norm_forward(&arguments, y.rawPointer)
  }

  func batchNormBackward(
    _ call: BatchNormCall, y: Tensor?, dy: Tensor, dz: Tensor?, dx: Tensor?, dweight: Accumulation?,
    dbias: Accumulation?
  ) {
    var arguments = call.arguments
    sk_batch_norm_backward(
      &arguments, call.isOfBatch, y?.rawPointer, dy.rawPointer, dz?.rawPointer, dx?.rawPointer,
      Float(dweight?.beta ?? 0), dweight?.tensor.floatPointer, Float(dbias?.beta ?? 0), dbias?.tensor.floatPointer)
  }

  func maxPool(_ x: Tensor, _ window: SlidingWindow, into y: Tensor, which: Tensor) {
    sk_max_pool(
      Int64(x.shape[0]), Int64(x.shape[1]), Int64(x.shape[2]), Int64(x.shape[3]), Int64(window.kernel),
      Int64(window.stride), Int64(window.padding), x.kernelType(as: y), x.rawPointer, y.rawPointer,
      which.flagPointer)
  }

  func maxPoolBackward(_ dy: Tensor, which: Tensor, _ window: SlidingWindow, into dx: Tensor) {
    sk_max_pool_backward(
      Int64(dx.shape[0]), Int64(dx.shape[1]), Int64(dx.shape[2]), Int64(dx.shape[3]), Int64(window.kernel),
      Int64(window.stride), Int64(window.padding), dy.kernelType(as: dx), dy.rawPointer,
      which.flagPointer, dx.rawPointer)
  }

  func mergePixels(_ x: Tensor, side: Int, stride: Int, into y: Tensor) {
    sk_merge_pixels(
      Int64(x.shape[0]), Int64(x.shape[1]), Int64(x.shape[2]), Int64(x.shape[3]), Int64(side), Int64(stride),
      x.kernelType(as: y), x.rawPointer, y.rawPointer)
  }

  func mergePixelsBackward(_ dy: Tensor, side: Int, stride: Int, into dx: Tensor) {
    sk_merge_pixels_backward(
      Int64(dx.shape[0]), Int64(dx.shape[1]), Int64(dx.shape[2]), Int64(dx.shape[3]), Int64(side), Int64(stride),
      dy.kernelType(as: dx), dy.rawPointer, dx.rawPointer)
  }

  func normalizePixels(_ pixels: PixelBatch, into y: Tensor) {
    let erased = pixels.erasedPlaces
    pixels.bytes.withBytes { bytes in
      guard let bytes = bytes.baseAddress else { return }
      pixels.table.withUnsafeBufferPointer { table in
        erased.withUnsafeBufferPointer { erased in
          pixels.noise.withUnsafeBufferPointer { noise in
            var call = sk_pixels(
              n: Int64(pixels.count), h: Int64(pixels.height), w: Int64(pixels.width),
              bytes: bytes.assumingMemoryBound(to: UInt8.self), table: table.baseAddress!,
              erased: erased.isEmpty ? nil : erased.baseAddress, noise: noise.baseAddress, mixing: SK_UNMIXED, own: 0,
              other: 0, top: 0, left: 0, height: 0, width: 0)
            switch pixels.mixing {
            case .none: break
            case .blend(let own, let other): (call.mixing, call.own, call.other) = (SK_BLENDED, own, other)
            case .cut(let rows, let columns):
              (call.mixing, call.top, call.left) = (SK_CUT, Int64(rows.lowerBound), Int64(columns.lowerBound))
              (call.height, call.width) = (Int64(rows.count), Int64(columns.count))
            }
            sk_normalize_pixels(&call, y.floatPointer)
          }
        }
      }
    }
  }

  func channelsLast(_ images: Tensor, into y: Tensor) {
    sk_channels_last(
      Int64(images.shape[0]), Int64(images.shape[1]), Int64(images.shape[2] * images.shape[3]), images.floatPointer,
      y.kernelType, y.rawPointer)
  }

  func clearCells(_ cells: Tensor, size: Int, in images: Tensor) {
    sk_clear_cells(
      Int64(images.shape[1]), Int64(images.shape[2]), Int64(images.shape[3]), Int64(size), Int64(cells.count),
      cells.indexPointer, images.floatPointer)
  }
}

extension SlidingWindow {
  /// Of x to y, or their gradients, which are of one type.
  fileprivate func convolution(_ x: Tensor, channels: Int, as y: Tensor) -> sk_convolution {
    sk_convolution(
      n: Int64(x.shape[0]), h: Int64(x.shape[1]), w: Int64(x.shape[2]), c: Int64(x.shape[3]), o: Int64(channels),
      kernel: Int64(kernel), stride: Int64(stride), padding: Int64(padding), type: Int64(x.kernelType(as: y)))
  }
}

extension BatchNormCall {
  fileprivate var arguments: sk_batch_norm {
    sk_batch_norm(
      rows: Int64(rows), d: Int64(width), type: x.kernelType, x: x.rawPointer, mean: mean.floatPointer,
      variance: variance.floatPointer, weight: weight.floatPointer, bias: bias.floatPointer, epsilon: Float(epsilon),
      relu: isRectified, shortcut: shortcut.map { UnsafeRawPointer($0.rawPointer) }, path_drop: path?.rate ?? 0,
      path_key: path?.key.bits ?? 0, samples: Int64(path?.samples.count ?? 0),
      first_sample: Int64(path?.firstSample ?? 0),
      row_offsets: path.map { UnsafePointer($0.samples.offsets.indexPointer) })
  }
}
