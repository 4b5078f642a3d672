import Synchronization

/// Where a step's time goes: calls, seconds, bytes and products of every operation of a device.
package final class OperationTimes: Sendable {
  /// One operation, all its calls together.
  package struct Entry: Sendable {
    /// The backend's name of it; a product's is followed by its rows, depth and columns.
    package let name: String
    package var calls = 0
    package var seconds = 0.0
    /// Read and written, every operand once.
    package var bytes = 0.0
    /// A product and a sum are two.
    package var operations = 0.0
  }

  private struct State {
    var entries: [String: Entry] = [:]
    /// `Operations.count` behind the last call: an operation is counted before its backend is asked.
    var counted = Operations.count
    var depth = 0
  }
  private let state = Mutex(State())

  fileprivate init() {}

  /// Every operation since the beginning or the last `clear`, the longest first.
  package var entries: [Entry] {
    state.withLock { $0.entries.values.sorted { ($0.seconds, $1.name) > ($1.seconds, $0.name) } }
  }

  /// Forgets everything.
  package func clear() { state.withLock { ($0.entries, $0.counted) = ([:], Operations.count) } }

  /// Runs `body`; within another measurement it belongs to that one.
  func measure(_ name: String, bytes: Int, _ body: () -> Void) {
    let isOutermost = state.withLock { state in
      state.depth += 1
      return state.depth == 1
    }
    let start = ContinuousClock.now
    body()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    state.withLock { state in
      state.depth -= 1
      guard isOutermost else { return }
      var entry = state.entries[name] ?? Entry(name: name)
      entry.calls += 1
      entry.seconds += seconds
      entry.bytes += Double(bytes)
      entry.operations += Double(Operations.count - state.counted)
      state.counted = Operations.count
      state.entries[name] = entry
    }
  }
}

extension Device {
  /// This device with a clock around every operation, for one thread, and what the clocks have shown. It computes the same
  /// bits.
  package func timed() -> (device: Device, times: OperationTimes) {
    let base = backend
    let device = Device(
      DeviceKind(name: "\(self), timed") { _ in TimedBackend(base: base, times: OperationTimes()) })
    guard let timed = device.backend as? TimedBackend else { preconditionFailure("timed: \(device)") }
    return (device, timed.times)
  }
}
