import Synchronization

/// Pinned memory through which everything goes to a device: the caller's bytes are copied at once, and the device fetches
/// them in its own time.
///
/// `@unchecked Sendable`: its memory is written behind the mutex only.
final class CUDAStaging: @unchecked Sendable {
  /// Pieces that are written one after the other, each when the device has fetched what it held before.
  private static let pieces = 8
  private static let pieceSize = 8 << 20

  /// `@unchecked Sendable`: handles and addresses of the driver's; it is used behind the mutex only.
  private struct State: @unchecked Sendable {
    var memory: UnsafeMutableRawPointer?
    var events: [CUDAHandle?] = []
    var piece = 0
    var used = 0
    var isRecorded = [Bool](repeating: false, count: CUDAStaging.pieces)
    var waits = 0
  }
  private let driver: CUDADriver
  private let stream: CUDAHandle?
  private let state = Mutex(State())

  init(_ driver: CUDADriver, _ stream: CUDAHandle?) { (self.driver, self.stream) = (driver, stream) }

  /// How often the host had to wait for a piece.
  var waits: Int { state.withLock { $0.waits } }

  /// Enqueues a copy of the bytes, which may change as soon as this returns.
  func upload(_ bytes: UnsafeRawBufferPointer, to address: CUDADriver.Address) {
    guard let base = bytes.baseAddress else { return }
    state.withLock { state in
      if state.memory == nil { open(&state) }
      var done = 0
      while done < bytes.count {
        if state.used == Self.pieceSize { turn(&state) }
        let count = min(bytes.count - done, Self.pieceSize - state.used)
        let place = state.memory! + state.piece * Self.pieceSize + state.used
        place.copyMemory(from: base + done, byteCount: count)
        driver.check(driver.copyToDevice(address + UInt64(done), place, count, stream), "cuMemcpyHtoDAsync")
        done += count
        state.used = min(Self.pieceSize, (state.used + count + 63) / 64 * 64)
      }
    }
  }

  /// Goes on to the next piece.
  private func turn(_ state: inout State) {
    driver.check(driver.eventRecord(state.events[state.piece], stream), "cuEventRecord")
    state.isRecorded[state.piece] = true
    state.piece = (state.piece + 1) % Self.pieces
    state.used = 0
    guard state.isRecorded[state.piece], driver.eventQuery(state.events[state.piece]) != 0 else { return }
    state.waits += 1
    driver.wait(for: state.events[state.piece], "cuEventSynchronize")
  }

  private func open(_ state: inout State) {
    driver.check(driver.allocateHost(&state.memory, Self.pieces * Self.pieceSize, 0), "cuMemHostAlloc")
    state.events = (0..<Self.pieces).map { _ in
      var event: CUDAHandle?
      // Flag 2: no times, which are not needed.
      driver.check(driver.eventCreate(&event, 2), "cuEventCreate")
      return event
    }
  }
}
