internal import CSubKernels

/// What some work asked the pool for and gave back, in order, by which the pool's size can be told for work of the same
/// kind and another size.
public struct MemoryTrace: Sendable {
  /// What the pool comes to hold, in bytes.
  public struct Size: Sendable, Equatable {
    /// Address space: blocks in the sizes of their classes.
    public let held: Int
    /// Memory: as much of them as is ever written.
    public let touched: Int

    /// A size.
    public init(held: Int, touched: Int) { (self.held, self.touched) = (held, touched) }
  }

  /// A request of so many bytes, or, below 0, -(1 + r) where the block of request number r came back.
  let events: [Int64]

  /// Whether the pool is that of a device with memory of its own.
  let isOfDevice: Bool

  init(events: [Int64], isOfDevice: Bool = false) { (self.events, self.isOfDevice) = (events, isOfDevice) }

  /// Runs `body` and writes down what it asks for: of the host's pool, on this thread, or of a device's own.
  public static func recording(on device: Device = .cpu, _ body: () throws -> Void) rethrows -> MemoryTrace {
    if let pool = device.cuda?.pool {
      pool.beginRecording()
      do { try body() } catch {
        _ = pool.endRecording()
        throw error
      }
      return MemoryTrace(events: pool.endRecording(), isOfDevice: true)
    }
    sk_memory_record(true)
    defer { sk_memory_record(false) }
    try body()
    var count: Int64 = 0
    guard let events = sk_memory_events(&count) else { return MemoryTrace(events: []) }
    return MemoryTrace(events: Array(UnsafeBufferPointer(start: events, count: Int(count))))
  }

  /// This work and then another.
  public func followed(by other: MemoryTrace) -> MemoryTrace {
    let requests = Int64(events.count { $0 >= 0 })
    precondition(isOfDevice == other.isOfDevice, "MemoryTrace: of two pools")
    return MemoryTrace(
      events: events + other.events.map { $0 < 0 ? $0 - requests : $0 }, isOfDevice: isOfDevice)
  }

  /// What an empty pool would come to hold if the work were done `rounds` times.
  public func size(rounds: Int = 3) -> Size {
    if isOfDevice {
      let held = CUDAPool.replay(events, rounds: rounds)
      return Size(held: held, touched: held)
    }
    var (held, touched) = (0, 0)
    let works = events.withUnsafeBufferPointer { events in
      guard let start = events.baseAddress else { return true }
      return sk_memory_replay(Int64(events.count), start, Int32(rounds), &held, &touched)
    }
    return works ? Size(held: held, touched: touched) : Size(held: .max, touched: .max)
  }
}
