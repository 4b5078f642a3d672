import Synchronization

/// One device that has been opened: its context, the stream on which everything happens in order but for the way of
/// pictures, its kernels, products and memory.
///
/// `@unchecked Sendable`: handles are the driver's, which may be used from every thread; what changes is behind a mutex.
final class CUDADevice: @unchecked Sendable {
  let driver: CUDADriver
  let compiler: KernelCompiler
  /// 90: sm_90.
  let architecture: Int
  let multiprocessors: Int
  /// Bytes that a block may ask for.
  let sharedMemory: Int
  let name: String
  let stream: CUDAHandle?
  private let context: CUDAHandle?
  /// What the host waits for.
  private var done: CUDAHandle?
  private(set) var pool: CUDAPool!
  private(set) var staging: CUDAStaging!
  private(set) var feed: CUDAFeed!
  private(set) var products: CUDAProducts!
  private(set) var queue: CUDAQueue!

  /// `@unchecked Sendable`: handles and addresses of the driver's; it is used behind the mutex only.
  private struct State: @unchecked Sendable {
    var images: [KernelUnit: [UInt8]]?
    var modules: [KernelUnit: CUDAHandle?] = [:]
    var functions: [String: Function] = [:]
    var waits = 0
  }
  private let state = Mutex(State())

  private struct Function {
    let handle: CUDAHandle?
    /// The dynamic shared memory that it may ask for, in bytes.
    var shared = 48 << 10
  }

  /// Device `ordinal` of the machine, which captures graphs or not. What is missing ends the program with what to install.
  init(ordinal: Int, capturing: Bool) {
    guard let driver = CUDADriver.shared, ordinal < driver.count else {
      CUDAFailure.end("there is no device \(ordinal)")
    }
    if let obstacle = driver.obstacle(to: ordinal) { CUDAFailure.end(obstacle) }
    guard let compiler = KernelCompiler.shared else { CUDAFailure.end(CUDAInstallation.missingCompiler) }
    self.driver = driver
    self.compiler = compiler
    let device = driver.device(ordinal)
    architecture = driver.architecture(of: device)
    multiprocessors = driver.attribute(16, of: device)
    sharedMemory = driver.attribute(97, of: device)
    name = driver.name(of: device)
    var (context, stream) = (CUDAHandle?.none, CUDAHandle?.none)
    driver.check(driver.contextRetain(&context, device), "cuDevicePrimaryCtxRetain")
    driver.check(driver.contextSetCurrent(context), "cuCtxSetCurrent")
    // Not ordered with the legacy stream, on which libraries may work.
    driver.check(driver.streamCreate(&stream, 1), "cuStreamCreate")
    (self.context, self.stream) = (context, stream)
    // 2: an event that keeps no time.
    driver.check(driver.eventCreate(&done, 2), "cuEventCreate")
    pool = CUDAPool(driver) { [unowned self] body in
      // The products' memory is asked for before there is a queue.
      if let queue { queue.exclusively(body) } else { body() }
    } finish: { [unowned self] in
      mark()
      wait()
    }
    staging = CUDAStaging(driver, stream)
    feed = CUDAFeed(driver, stream, pool) { [unowned self] body in queue.exclusively(body) }
    products = CUDAProducts(self)
    queue = CUDAQueue(self, capturing: capturing)
  }

  /// Makes this device the calling thread's.
  func enter() { driver.check(driver.contextSetCurrent(context), "cuCtxSetCurrent") }

  /// A kernel, compiled and loaded on first use, that may ask for so many bytes of dynamic shared memory.
  private func function(_ unit: KernelUnit, _ kernel: String, shared: Int) -> CUDAHandle? {
    if let known = state.withLock({ $0.functions[kernel] }), known.shared >= shared { return known.handle }
    // One thread at a time, and with the queue, since code may need memory that lies free.
    queue.hold()
    defer { queue.letGo() }
    enter()
    var function = state.withLock { $0.functions[kernel] } ?? Function(handle: find(kernel, in: unit))
    if shared > function.shared {
      driver.check(driver.functionSetAttribute(function.handle, 8, Int32(shared)), "shared memory of \(kernel)")
      function.shared = shared
    }
    state.withLock { $0.functions[kernel] = function }
    return function.handle
  }

  private func find(_ kernel: String, in unit: KernelUnit) -> CUDAHandle? {
    let module = state.withLock { $0.modules[unit] } ?? load(unit)
    var handle: CUDAHandle?
    driver.check(
      makingRoom { driver.moduleFunction(&handle, module, kernel) }, "cuModuleGetFunction \(kernel)")
    return handle
  }

  private func load(_ unit: KernelUnit) -> CUDAHandle? {
    let images = state.withLock { $0.images } ?? compiler.images(architecture: architecture)
    var module: CUDAHandle?
    driver.check(makingRoom { driver.moduleLoad(&module, images[unit]!) }, "cuModuleLoadData of \(unit.rawValue)")
    state.withLock { ($0.images, $0.modules[unit]) = (images, module) }
    return module
  }

  /// A call, made once more where the device has no memory for it, behind what lies free in the pool going back.
  private func makingRoom(_ call: () -> CUDADriver.Status) -> CUDADriver.Status {
    let status = call()
    guard status == CUDADriver.outOfMemory else { return status }
    pool.trim()
    return call()
  }

  /// What a kernel is called.
  func name(of function: CUDAHandle?) -> String {
    state.withLock { state in state.functions.first { $0.value.handle == function }?.key } ?? "a kernel"
  }

  /// Asks for a kernel. One struct by value is every kernel's parameter.
  func launch<Arguments: BitwiseCopyable>(
    _ unit: KernelUnit, _ kernel: String, blocks: (Int, Int, Int), threads: Int, shared: Int, _ arguments: Arguments
  ) {
    guard blocks.0 > 0 && blocks.1 > 0 && blocks.2 > 0 else { return }
    precondition(blocks.1 <= 65535 && blocks.2 <= 65535, "cuda: \(kernel) over \(blocks) blocks")
    queue.launch(
      function(unit, kernel, shared: shared), blocks: blocks, threads: threads, shared: shared, arguments)
  }

  /// What may still be got of its memory, in bytes.
  var freeMemory: Int {
    enter()
    var (free, total) = (0, 0)
    driver.check(driver.memoryInfo(&free, &total), "cuMemGetInfo")
    return free + pool.freeBytes
  }

  /// Waits until everything is done.
  func synchronize() {
    queue.exclusively { mark() }
    // Outside, so that other threads may go on.
    wait()
  }

  /// Runs a copy to the host's memory behind all that was asked for, and waits until it is done. What it is behind is waited for
  /// first: the driver's call returns when the copy is done, and nobody else could ask for anything until then.
  func download(_ copy: () -> Void) {
    synchronize()
    queue.exclusively {
      copy()
      mark()
    }
    driver.wait(for: done, "a copy to the host")
  }

  /// Where `wait` waits for what was enqueued.
  private func mark() { driver.check(driver.eventRecord(done, stream), "cuEventRecord") }

  private func wait() {
    enter()
    state.withLock { $0.waits += 1 }
    driver.wait(for: done, "the device's work")
  }

  /// How often the host waited for everything, or for room to upload.
  var waits: Int { state.withLock { $0.waits } + staging.waits + feed.waits }
}
