import Synchronization

/// Recycled memory of a device. A block that comes back may be handed out at once: whoever gets it works behind whoever had
/// it, on the one stream. Of free blocks the one with the lowest address is handed out, in whatever order they came back: like
/// steps have like memory, so that their commands are the same.
final class CUDAPool: Sendable {
  private struct State {
    /// Free blocks by size class, the highest address first.
    var free: [Int: [CUDADriver.Address]] = [:]
    /// The size class of every block that is handed out.
    var sizes: [CUDADriver.Address: Int] = [:]
    var usage = DeviceMemoryUsage()
    /// Of the batch that is computed with, where that was said.
    var samples = 0
    /// What is written down as a `MemoryTrace` has it, and the numbers of requests whose blocks are out; nil: nothing is.
    var recorded: (events: [Int64], requests: Int64, numbers: [CUDADriver.Address: Int64])?
  }
  private let driver: CUDADriver
  private let exclusively: @Sendable (() -> Void) -> Void
  private let finish: @Sendable () -> Void
  private let state = Mutex(State())

  /// Memory of a driver's device; `exclusively` runs something behind all that was asked for, while nobody asks for more, and
  /// `finish` waits there until it is done.
  init(
    _ driver: CUDADriver, exclusively: @escaping @Sendable (() -> Void) -> Void, finish: @escaping @Sendable () -> Void
  ) {
    (self.driver, self.exclusively, self.finish) = (driver, exclusively, finish)
  }

  /// At least so many bytes.
  func allocate(_ byteCount: Int) -> CUDADriver.Address {
    let size = Self.sizeClass(byteCount)
    if let block = state.withLock({ state in take(byteCount, size, &state, keeping: true) }) { return block }
    // Out of memory: what lies free in other sizes goes back first, behind all that works with it.
    var block: CUDADriver.Address?
    exclusively {
      block = state.withLock { state in
        giveBack(&state)
        return take(byteCount, size, &state, keeping: false)
      }
    }
    guard let block else { state.withLock { Self.endForMemory(byteCount, $0, driver) } }
    return block
  }

  /// A block of a size class; nil where memory does not hold it. `keeping`: or where that would leave too little beside the pool,
  /// for code that is loaded and what libraries ask for: who gets none there ends the program, whatever lies free here.
  private func take(_ byteCount: Int, _ size: Int, _ state: inout State, keeping: Bool) -> CUDADriver.Address? {
    var block = CUDADriver.Address(0)
    if let free = state.free[size]?.popLast() {
      block = free
    } else {
      guard !keeping || isRoom(beside: size) else { return nil }
      let status = driver.allocate(&block, size)
      if status == CUDADriver.outOfMemory { return nil }
      driver.check(status, "cuMemAlloc of \(size) bytes")
      state.usage.held += Self.footprint(size)
      state.usage.heldPeak = max(state.usage.heldPeak, state.usage.held)
    }
    if state.recorded != nil {
      state.recorded!.events.append(Int64(byteCount))
      state.recorded!.numbers[block] = state.recorded!.requests
      state.recorded!.requests += 1
    }
    state.sizes[block] = size
    state.usage.inUse += size
    state.usage.peak = max(state.usage.peak, state.usage.inUse)
    return block
  }

  /// Whether more than 256 MiB of the device, or a 32nd of a small one, are left beside so many bytes.
  private func isRoom(beside size: Int) -> Bool {
    var (free, total) = (0, 0)
    driver.check(driver.memoryInfo(&free, &total), "cuMemGetInfo")
    return free - Self.footprint(size) >= min(256 << 20, total / 32)
  }

  func release(_ block: CUDADriver.Address) {
    state.withLock { state in
      guard let size = state.sizes.removeValue(forKey: block) else { preconditionFailure("cuda: memory freed twice") }
      state.usage.inUse -= size
      if let number = state.recorded?.numbers.removeValue(forKey: block) { state.recorded!.events.append(-1 - number) }
      let place = state.free[size, default: []].partitioningIndex { $0 < block }
      state.free[size, default: []].insert(block, at: place)
    }
  }

  var usage: DeviceMemoryUsage { state.withLock { $0.usage } }

  /// Of the device, what lies free.
  var freeBytes: Int {
    state.withLock { state in state.free.reduce(0) { $0 + $1.value.count * Self.footprint($1.key) } }
  }

  /// Gives back to the driver what lies free.
  func trim() { exclusively { giveBack() } }

  /// The same where the queue is held already.
  func giveBack() { state.withLock { giveBack(&$0) } }

  private func giveBack(_ state: inout State) {
    if !state.free.isEmpty { finish() }
    for (size, blocks) in state.free {
      for block in blocks { driver.check(driver.free(block), "cuMemFree") }
      state.usage.held -= blocks.count * Self.footprint(size)
    }
    state.free = [:]
  }

  // MARK: On paper

  /// From here until `endRecording` requests and returns are written down.
  func beginRecording() { state.withLock { $0.recorded = ([], 0, [:]) } }

  func endRecording() -> [Int64] {
    state.withLock { state in
      defer { state.recorded = nil }
      return state.recorded?.events ?? []
    }
  }

  /// What an empty pool comes to hold where such events happen so many times; what is not given back is asked for once.
  static func replay(_ events: [Int64], rounds: Int) -> Int {
    var (held, free): (Int, [Int: Int]) = (0, [:])
    // The size of every request's block that is out.
    var out: [Int: Int] = [:]
    for _ in 0..<rounds {
      var request = 0
      for event in events {
        if event < 0 {
          if let size = out.removeValue(forKey: Int(-1 - event)) { free[size, default: 0] += 1 }
          continue
        }
        defer { request += 1 }
        guard out[request] == nil else { continue }
        let size = sizeClass(Int(event))
        out[request] = size
        if let count = free[size], count > 0 { free[size] = count - 1 } else { held += footprint(size) }
      }
    }
    return held
  }

  /// What a block takes of the device: the driver hands out pages of 2 MiB, which blocks of up to half of one share.
  private static func footprint(_ size: Int) -> Int {
    let page = 2 << 20
    return size <= page / 2 ? size : (size + page - 1) / page * page
  }

  /// Sizes that blocks have: multiples of 512 bytes, from 1 MiB on eight steps to every doubling, so that at most an eighth
  /// is wasted and batches of nearly equal size share their blocks.
  private static func sizeClass(_ byteCount: Int) -> Int {
    let least = max(512, byteCount)
    guard least > 1 << 20 else { return (least + 511) / 512 * 512 }
    let step = 1 << (Int.bitWidth - 1 - (least - 1).leadingZeroBitCount - 3)
    return (least + step - 1) / step * step
  }

  /// Notes of how many samples batches are, for what is said where memory runs out.
  func note(samples: Int) { state.withLock { $0.samples = samples } }

  private static func endForMemory(_ byteCount: Int, _ state: State, _ driver: CUDADriver) -> Never {
    var (free, total) = (0, 0)
    _ = driver.memoryInfo(&free, &total)
    func mebibytes(_ bytes: Int) -> String { "\((bytes + (1 << 20) - 1) >> 20) MiB" }
    let half = state.samples > 1 ? "--set batch_size=\(state.samples / 2)" : "half the batch size"
    CUDAFailure.end(
      "out of memory: \(mebibytes(byteCount)) could not be had, \(mebibytes(state.usage.inUse)) are in use and "
        + "\(mebibytes(free)) of \(mebibytes(total)) are free: try \(half), more parts of a batch "
        + "(--set accumulation=…), or --set recompute=true")
  }
}

/// What of a device's memory a process has, in bytes.
public struct DeviceMemoryUsage: Sendable {
  /// Handed out, now and at most.
  public internal(set) var inUse = 0, peak = 0
  /// Got of the driver, now and at most: what is handed out, and what lies free.
  public internal(set) var held = 0, heldPeak = 0
}

extension Array {
  /// Where the elements begin of which `isBehind` is true, which all lie behind the others.
  fileprivate func partitioningIndex(_ isBehind: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
