import Synchronization

/// The way of pictures to a device: a stream of its own, on which the next batch is fetched from pinned memory while the
/// device computes with the one before, into one of two places in turn.
///
/// Two events a place keep the order, and no host waits for them: what reads a batch begins when it has come, and the batch
/// after the next comes when the first has been read.
///
/// `@unchecked Sendable`: what changes is behind the mutex.
final class CUDAFeed: @unchecked Sendable {
  private struct Place {
    var memory: CUDADriver.Address = 0
    var size = 0
    var hasCome: CUDAHandle?
    var isRead: CUDAHandle?
  }
  /// `@unchecked Sendable`: handles and addresses of the driver's; it is used behind the mutex only.
  private struct State: @unchecked Sendable {
    var staging: CUDAStaging?
    var stream: CUDAHandle?
    var places = [Place(), Place()]
    var next = 0
  }
  private let driver: CUDADriver
  private let computing: CUDAHandle?
  private let pool: CUDAPool
  private let exclusively: @Sendable (() -> Void) -> Void
  private let state = Mutex(State())

  /// The way to what is computed on a stream; `exclusively` runs what goes there past its queue.
  init(
    _ driver: CUDADriver, _ computing: CUDAHandle?, _ pool: CUDAPool,
    exclusively: @escaping @Sendable (() -> Void) -> Void
  ) {
    (self.driver, self.computing, self.pool, self.exclusively) = (driver, computing, pool, exclusively)
  }

  /// How often the host had to wait for pinned memory.
  var waits: Int { state.withLock { $0.staging?.waits ?? 0 } }

  /// Sends a batch and has `read`, which is given the address of every part (nil of an empty one), enqueue what reads it. The
  /// parts may change as soon as this returns.
  func send(_ parts: [UnsafeRawBufferPointer], read: ([UnsafeRawPointer?]) -> Void) {
    exclusively {
      state.withLock { state in
        if state.stream == nil { open(&state) }
        let (starts, size) = Self.layout(parts)
        let number = state.next
        state.next = 1 - number
        makeRoom(size, at: number, &state)
        let (place, stream) = (state.places[number], state.stream)
        // An event that was never recorded is no reason to wait.
        driver.check(driver.streamWaitEvent(stream, place.isRead, 0), "cuStreamWaitEvent")
        for (part, start) in zip(parts, starts) { state.staging!.upload(part, to: place.memory + UInt64(start)) }
        driver.check(driver.eventRecord(place.hasCome, stream), "cuEventRecord")
        driver.check(driver.streamWaitEvent(computing, place.hasCome, 0), "cuStreamWaitEvent")
        read(
          zip(parts, starts).map { part, start in
            part.isEmpty ? nil : UnsafeRawPointer(bitPattern: UInt(place.memory) + UInt(start))
          })
        exclusively { driver.check(driver.eventRecord(place.isRead, computing), "cuEventRecord") }
      }
    }
  }

  /// Where parts begin, each aligned for any load, and what they take together.
  private static func layout(_ parts: [UnsafeRawBufferPointer]) -> (starts: [Int], size: Int) {
    var (starts, end): ([Int], Int) = ([], 0)
    for part in parts {
      starts.append(end)
      end += (part.count + 255) / 256 * 256
    }
    return (starts, end)
  }

  /// Gives a place more memory where it has too little. What the pool hands out may still be used by what was enqueued
  /// before, behind which the copies then come; what goes back is used again behind all that reads it.
  private func makeRoom(_ size: Int, at number: Int, _ state: inout State) {
    guard state.places[number].size < size else { return }
    if state.places[number].size > 0 { pool.release(state.places[number].memory) }
    (state.places[number].memory, state.places[number].size) = (pool.allocate(size), size)
    driver.check(driver.eventRecord(state.places[number].isRead, computing), "cuEventRecord")
  }

  private func open(_ state: inout State) {
    driver.check(driver.streamCreate(&state.stream, 1), "cuStreamCreate")
    state.staging = CUDAStaging(driver, state.stream)
    for number in state.places.indices {
      // Flag 2: no times, which are not needed.
      driver.check(driver.eventCreate(&state.places[number].hasCome, 2), "cuEventCreate")
      driver.check(driver.eventCreate(&state.places[number].isRead, 2), "cuEventCreate")
    }
  }
}
