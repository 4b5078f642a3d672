import Synchronization

/// NVIDIA devices: own kernels, compiled at first use, and cuBLASLt's products. All that is computed goes through one queue to
/// one stream, pictures come by another (`CUDAFeed`), and nothing waits, but for `download` and `synchronize`; a tensor's
/// memory is an address of the device.
final class CUDABackend: Backend {
  private let ordinal: Int
  private let capturing: Bool
  private let opened = Mutex<CUDADevice?>(nil)
  let optimizerTables = OptimizerTables()

  init(ordinal: Int, capturing: Bool = CUDAGraphs.areWanted) { (self.ordinal, self.capturing) = (ordinal, capturing) }

  /// The device, opened at the first request.
  var device: CUDADevice {
    opened.withLock { opened in
      if let opened { return opened }
      let device = CUDADevice(ordinal: ordinal, capturing: capturing)
      opened = device
      return device
    }
  }

  var multiprocessors: Int { device.multiprocessors }

  /// From here until `letGo` the thread has the queue to itself, so that its values stay until its kernels are asked for.
  func hold() { device.queue.hold() }
  func letGo() { device.queue.letGo() }

  /// Where the device finds a value that may be another one in the next step, for the kernels that are asked for before `letGo`.
  func value<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> { device.queue.value(value) }

  /// The same of a random stream's key; nil where nothing is random.
  func key(of dropout: Dropout?) -> UnsafePointer<UInt64>? { dropout.map { value($0.key.bits) } }
  func key(of path: DropPath?) -> UnsafePointer<UInt64>? { path.map { value($0.key.bits) } }

  /// Asks for a kernel over blocks in x, y and z.
  func launch<Arguments: BitwiseCopyable>(
    _ unit: KernelUnit, _ kernel: String, blocks: (Int, Int, Int), threads: Int, shared: Int = 0, _ arguments: Arguments
  ) {
    device.launch(unit, kernel, blocks: blocks, threads: threads, shared: shared, arguments)
  }

  /// Asks for a kernel over blocks in a row; none: nothing.
  func launch<Arguments: BitwiseCopyable>(
    _ unit: KernelUnit, _ kernel: String, blocks: Int, threads: Int, shared: Int = 0, _ arguments: Arguments
  ) {
    device.launch(unit, kernel, blocks: (blocks, 1, 1), threads: threads, shared: shared, arguments)
  }

  // MARK: Memory

  func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer {
    device.enter()
    return UnsafeMutableRawPointer(bitPattern: UInt(device.pool.allocate(byteCount)))!
  }

  func release(_ memory: UnsafeMutableRawPointer) { device.pool.release(memory.deviceAddress) }

  func upload(_ bytes: UnsafeRawBufferPointer, to y: Tensor) {
    precondition(bytes.count == y.count * y.dtype.size, "upload: \(bytes.count) bytes into \(y)")
    device.queue.upload(bytes, to: y.deviceAddress)
  }

  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    let device = device
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    device.download {
      device.driver.check(
        device.driver.copyToHost(base, x.deviceAddress, bytes.count, device.stream), "cuMemcpyDtoHAsync")
    }
  }

  func synchronize() { device.synchronize() }
}

extension DeviceKind {
  static let cuda = DeviceKind(
    name: "cuda", isNumbered: true, count: { CUDAInstallation.obstacle == nil ? CUDADriver.shared?.count ?? 0 : 0 },
    open: { CUDABackend(ordinal: $0) })
}

/// ⌈count / size⌉.
func blocks(_ count: Int, per size: Int) -> Int { (count + size - 1) / size }

extension UnsafeMutableRawPointer {
  var deviceAddress: CUDADriver.Address { CUDADriver.Address(UInt(bitPattern: self)) }
}

extension Tensor {
  var deviceAddress: CUDADriver.Address { UnsafeMutableRawPointer(pointer(UInt8.self)).deviceAddress }

  /// What the names of kernels for this type end in.
  var suffix: String {
    precondition(dtype == .f32 || dtype == .bf16, "cuda: \(dtype) where activations are computed")
    return dtype == .bf16 ? "bf16" : "f32"
  }
}
