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
  private let events: [Int64]

  /// Runs `body` and writes down what it asks for, on this thread.
  public static func recording(_ body: () throws -> Void) rethrows -> MemoryTrace {
    sk_memory_record(true)
    defer { sk_memory_record(false) }
    try body()
    var count: Int64 = 0
    guard let events = sk_memory_events(&count) else { return MemoryTrace(events: []) }
    return MemoryTrace(events: Array(UnsafeBufferPointer(start: events, count: Int(count))))
  }

  /// The trace of work on `samples`, of two traces of the same work: every request is a straight line through theirs. Nil
  /// where the two are not the same requests in the same order.
  public static func line(
    through first: (samples: Int, trace: MemoryTrace), _ second: (samples: Int, trace: MemoryTrace), at samples: Int
  ) -> MemoryTrace? {
    let (a, b) = (first.trace.events, second.trace.events)
    precondition(first.samples != second.samples, "MemoryTrace: two traces of \(first.samples) samples")
    guard a.count == b.count else { return nil }
    let share = Double(samples - first.samples) / Double(second.samples - first.samples)
    var events = a
    for place in a.indices {
      guard (a[place] < 0) == (b[place] < 0), a[place] >= 0 || a[place] == b[place] else { return nil }
      if a[place] >= 0 { events[place] = max(0, a[place] + Int64((Double(b[place] - a[place]) * share).rounded())) }
    }
    return MemoryTrace(events: events)
  }

  /// What an empty pool would come to hold if the work were done `rounds` times.
  public func size(rounds: Int = 3) -> Size {
    var (held, touched) = (0, 0)
    let works = events.withUnsafeBufferPointer { events in
      guard let start = events.baseAddress else { return true }
      return sk_memory_replay(Int64(events.count), start, Int32(rounds), &held, &touched)
    }
    return works ? Size(held: held, touched: touched) : Size(held: .max, touched: .max)
  }
}
