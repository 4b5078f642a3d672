import Synchronization

/// NVIDIA devices: own kernels, compiled at first use, and cuBLASLt's products. Everything is enqueued on one stream, but
/// for pictures on their way (`CUDAFeed`), and nothing waits, but for `download` and `synchronize`; a tensor's memory is an address of the device.
final class CUDABackend: Backend {
  private let ordinal: Int
  private let opened = Mutex<CUDADevice?>(nil)
  let optimizerTables = OptimizerTables()

  init(ordinal: Int) { self.ordinal = ordinal }

  /// The device, opened at the first request.
  var device: CUDADevice {
    opened.withLock { opened in
      if let opened { return opened }
      let device = CUDADevice(ordinal: ordinal)
      opened = device
      return device
    }
  }

  var multiprocessors: Int { device.multiprocessors }

  /// Enqueues a kernel over blocks in x, y and z.
  func launch<Arguments: BitwiseCopyable>(
    _ unit: KernelUnit, _ kernel: String, blocks: (Int, Int, Int), threads: Int, shared: Int = 0, _ arguments: Arguments
  ) {
    device.launch(unit, kernel, blocks: blocks, threads: threads, shared: shared, arguments)
  }

  /// Enqueues a kernel over blocks in a row; none: nothing.
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
    device.enter()
    device.staging.upload(bytes, to: y.deviceAddress)
  }

  func download(_ x: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    device.enter()
    if let base = bytes.baseAddress, bytes.count > 0 {
      let device = device
      device.driver.check(
        device.driver.copyToHost(base, x.deviceAddress, bytes.count, device.stream), "cuMemcpyDtoHAsync")
    }
    device.synchronize()
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
