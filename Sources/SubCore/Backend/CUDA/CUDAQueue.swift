import Synchronization

/// What is asked of a device, held back and sent off a piece at a time: as soon as there are so many commands, when the host
/// waits, and where a step begins. A piece that comes again, word for word, is captured as a graph (`CUDAGraphs`).
///
/// What changes from step to step where commands do not (keys of random streams, rates, the indices that a host drew) is in no
/// command: it lies in blocks of the device's memory, in order, which arrive ahead of the piece that they are filled for.
///
/// `@unchecked Sendable`: what changes is behind the lock.
final class CUDAQueue: @unchecked Sendable {
  /// Commands of a piece: enough that enqueueing a graph is nothing beside them. Those that a step begins with are smaller, each
  /// twice the one before: a device that waits begins early.
  private static let (firstCount, pieceCount) = (32, 256)
  private static let blockCount = 8
  private static let blockSize = 1 << 20
  /// The largest upload that goes into a block.
  private static let largestValue = 1 << 18

  private unowned let device: CUDADevice
  private let graphs: CUDAGraphs
  private let lock = RecursiveLock()
  private var commands = CommandList()
  /// Commands of the piece at hand.
  private var wanted = firstCount
  /// What the block that is being filled will hold, how much of it there is, and the block's number since the last `submit`.
  private let values: UnsafeMutableRawPointer
  private var used = 0
  private var block = 0
  private let blocks: CUDADriver.Address
  private var gaps: [ObjectIdentifier: [Range<Int>]] = [:]
  /// How many times the thread that has the queue holds it.
  private var depth = 0

  /// The queue of a device, which captures graphs where they are wanted.
  init(_ device: CUDADevice, capturing: Bool) {
    self.device = device
    graphs = CUDAGraphs(device.driver, device.stream, areWanted: capturing) { [unowned device] in
      device.pool.giveBack()
    }
    values = .allocate(byteCount: Self.blockSize, alignment: 16)
    blocks = device.pool.allocate(Self.blockCount * Self.blockSize)
  }

  deinit { values.deallocate() }

  // MARK: Commands

  /// A kernel with one struct by value.
  func launch<Arguments: BitwiseCopyable>(
    _ function: CUDAHandle?, blocks: (Int, Int, Int), threads: Int, shared: Int, _ arguments: Arguments
  ) {
    lock {
      let type = ObjectIdentifier(Arguments.self)
      let known = gaps[type] ?? ArgumentGaps.of(arguments)
      gaps[type] = known
      commands.addKernel(function, blocks: blocks, threads: threads, shared: shared, arguments, gaps: known)
      sendIfWhole()
    }
  }

  /// A product by a plan.
  func multiply(plan: Int, alpha: Float, beta: Float, _ operands: ProductOperands) {
    lock {
      commands.addProduct(plan: plan, alpha: alpha, beta: beta, operands)
      sendIfWhole()
    }
  }

  /// Bytes of the host's, which may change as soon as this returns.
  func upload(_ bytes: UnsafeRawBufferPointer, to address: CUDADriver.Address) {
    guard bytes.count > 0 else { return }
    lock {
      guard bytes.count <= Self.largestValue else {
        send()
        device.enter()
        return device.staging.upload(bytes, to: address)
      }
      commands.addCopy(from: place(bytes), to: address, byteCount: bytes.count)
      sendIfWhole()
    }
  }

  /// Gives the calling thread the queue to itself until it lets go, so that its values stay until its commands are asked for.
  func hold() {
    lock.take()
    depth += 1
  }

  /// Ends what `hold` began.
  func letGo() {
    depth -= 1
    lock.letGo()
  }

  /// Where the device will find a value, for the commands that are asked for before `letGo`.
  func value<Value: BitwiseCopyable>(_ value: Value) -> UnsafePointer<Value> {
    let address = lock {
      precondition(depth > 0, "cuda: a value without its commands")
      return withUnsafeBytes(of: value) { place($0) }
    }
    return UnsafePointer(bitPattern: UInt(address))!
  }

  /// Sends off what there is. Steps that begin behind this ask for the same, word for word, if they are alike.
  func submit() { exclusively {} }

  /// Runs what goes to the device's stream past the queue, behind all that was asked for before: no other thread asks for
  /// anything meanwhile, and nothing is being captured.
  func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
    try lock {
      device.enter()
      send()
      if depth == 0 { (block, wanted) = (0, Self.firstCount) }
      return try body()
    }
  }

  /// What was captured so far.
  var captured: CapturedWork { lock { graphs.captured } }

  // MARK: Pieces

  private func place(_ bytes: UnsafeRawBufferPointer) -> CUDADriver.Address {
    let room = (bytes.count + 15) / 16 * 16
    // What was placed in an earlier block stays: commands that follow may still read it.
    if used + room > Self.blockSize { send() }
    let start = used
    (values + start).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
    used += room
    return blocks + CUDADriver.Address(block * Self.blockSize + start)
  }

  private func sendIfWhole() {
    if commands.count >= wanted { send() }
  }

  private func send() {
    guard commands.count > 0 || used > 0 else { return }
    device.enter()
    if used > 0 {
      device.staging.upload(
        UnsafeRawBufferPointer(start: values, count: used),
        to: blocks + CUDADriver.Address(block * Self.blockSize))
    }
    graphs.send(commands) { perform($0) }
    commands.removeAll()
    wanted = min(2 * wanted, Self.pieceCount)
    (used, block) = (0, (block + 1) % Self.blockCount)
  }

  /// Enqueues a command, or adds it to what is captured; what went wrong.
  private func perform(_ command: CommandList.Command) -> String? {
    let driver = device.driver
    switch command {
    case .kernel(let function, let blocks, let threads, let shared, let arguments):
      var parameters: UnsafeMutableRawPointer? = arguments
      return driver.failure(
        driver.launch(
          function, blocks.0, blocks.1, blocks.2, threads, 1, 1, shared, device.stream, &parameters, nil),
        device.name(of: function))
    case .product(let plan, let alpha, let beta, let operands):
      return device.products.perform(plan: plan, alpha: alpha, beta: beta, operands)
    case .copy(let from, let to, let byteCount):
      return driver.failure(driver.copyOnDevice(to, from, byteCount, device.stream), "cuMemcpyDtoDAsync")
    }
  }
}
