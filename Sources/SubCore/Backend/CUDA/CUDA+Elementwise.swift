internal import CCudaKernels

extension CUDABackend {
  func fill(_ y: Tensor, with value: Double) {
    // What any 8 bytes at a multiple of 8 hold.
    let pattern: UInt64 =
      switch y.dtype {
      case .f64: value.bitPattern
      case .f32: UInt64(Float(value).bitPattern) * 0x1_0000_0001
      case .i32: UInt64(UInt32(bitPattern: Int32(value))) * 0x1_0000_0001
      case .bf16: UInt64(Float(value).brainBits) * 0x1_0001_0001_0001
      case .u8: UInt64(UInt8(value)) * 0x101_0101_0101_0101
      default: preconditionFailure("cuda: \(y.dtype) is a storage type, not one to compute with")
      }
    guard y.count > 0 else { return }
    let bytes = y.count * y.dtype.size
    // 1024 places of 16 bytes a block, of which the first may begin before y.
    launch(
      .elementwise, "fill_bytes", blocks: blocks(bytes + 15, per: 16 * 1024), threads: 256,
      ms_fill(y: y.memory, bytes: Int64(bytes), pattern: pattern))
  }

  func combine(_ alpha: Double, _ x: Tensor, _ beta: Double, into y: Tensor) {
    combine(alpha, x, by: nil, beta, into: y)
  }

  func scale(_ x: Tensor, by factor: Tensor, _ alpha: Double, into y: Tensor) {
    combine(alpha, x, by: factor, 0, into: y)
  }

  func convert(_ x: Tensor, into y: Tensor) { combine(1, x, by: nil, 0, into: y) }

  /// y = alpha · factor · x + beta · y.
  private func combine(_ alpha: Double, _ x: Tensor, by factor: Tensor?, _ beta: Double, into y: Tensor) {
    let isFast = [x, y].allSatisfy { $0.dtype == .f32 || $0.dtype == .bf16 }
    launchTiles(
      isFast ? "combine_\(x.suffix)_\(y.suffix)" : "combine_elements", y.count,
      ms_combine(
        x: x.memory, y: y.memory, count: Int64(y.count), alpha: alpha, beta: beta, factor: factor?.memory,
        factor_type: factor?.elementType ?? 0, x_type: x.elementType, y_type: y.elementType))
  }

  func uniform(_ key: RandomKey, into y: Tensor) {
    hold()
    defer { letGo() }
    launchTiles("uniform_f32", y.count, ms_uniform(y: y.floatPointer, count: Int64(y.count), key: value(key.bits)))
  }

  func dropout(_ x: Tensor, _ dropout: Dropout, into y: Tensor) {
    hold()
    defer { letGo() }
    precondition(x.dtype == y.dtype, "cuda: dropout of \(x.dtype) into \(y.dtype)")
    launchTiles(
      "dropout_\(y.suffix)", y.count,
      ms_dropout(
        x: x.memory, y: y.memory, count: Int64(y.count), key: value(dropout.key.bits),
        first: Int64(dropout.firstRow * y.shape.columns), threshold: dropout.threshold, scale: 1 / (1 - dropout.rate)))
  }

  func activate(_ activation: Activation, _ x: Tensor, into y: Tensor) { launch("activate", activation, x, into: y) }

  func slope(_ activation: Activation, saved: Tensor, into y: Tensor) { launch("slope", activation, saved, into: y) }

  private func launch(_ kernel: String, _ activation: Activation, _ x: Tensor, into y: Tensor) {
    precondition(x.dtype == y.dtype, "cuda: \(kernel) of \(x.dtype) into \(y.dtype)")
    launchTiles(
      "\(kernel)_\(y.suffix)", y.count,
      ms_activation(x: x.memory, y: y.memory, count: Int64(y.count), activation: Int32(activation.rawValue)))
  }

  func apply(_ function: UnaryFunction, _ x: Tensor, into y: Tensor) {
    launchTiles(
      "function_f32", y.count,
      ms_function(
        x: x.floatPointer, y: y.floatPointer, count: Int64(y.count), exponent: function.exponent,
        function: function.number))
  }

  func select(_ mask: Tensor, _ a: Tensor, _ b: Tensor, into y: Tensor) {
    launchTiles(
      "select_f32", y.count,
      ms_select(
        mask: mask.flagPointer, a: a.floatPointer, b: b.floatPointer, y: y.floatPointer, count: Int64(y.count),
        repeats_a: a.count == 1 ? 1 : 0, repeats_b: b.count == 1 ? 1 : 0))
  }

  func scalar(_ rule: ScalarRule, _ a: Tensor, _ b: Tensor?, into y: Tensor) {
    var bound = 0.0
    if case .clipping(let limit) = rule { bound = limit }
    let number =
      switch rule {
      case .root: MS_ROOT
      case .clipping: MS_CLIPPING
      case .capped: MS_CAPPED
      case .trust: MS_TRUST
      }
    launch(
      .elementwise, "scalar_rule", blocks: 1, threads: 32,
      ms_scalar(
        a: a.scalarPointer, b: b?.scalarPointer, y: y.scalarPointer, limit: bound, rule: Int32(number)))
  }

  /// A kernel that takes 2048 elements a block.
  private func launchTiles<Arguments: BitwiseCopyable>(_ kernel: String, _ count: Int, _ arguments: Arguments) {
    launch(.elementwise, kernel, blocks: blocks(count, per: 2048), threads: 256, arguments)
  }
}

extension Tensor {
  /// The address of the first element, whatever it is.
  fileprivate var memory: UnsafeMutableRawPointer { UnsafeMutableRawPointer(pointer(UInt8.self)) }

  /// The kernels' number of the type: MS_F32 and so on.
  fileprivate var elementType: Int32 {
    switch dtype {
    case .f32: 0
    case .bf16: 1
    case .f64: 2
    case .i32: 3
    case .u8: 4
    default: preconditionFailure("cuda: \(dtype) is a storage type, not one to compute with")
    }
  }
}
