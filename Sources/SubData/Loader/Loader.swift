internal import Foundation

/// Makes numbered batches ahead of time on threads of its own and hands them over in order.
///
/// `make` is called once per number, from several threads at once, so what it returns must depend on the number alone;
/// then the sequence does not depend on how many threads there are. At most `ahead` batches are finished or in work at
/// any time. An error ends the sequence in its place.
public final class Loader<Batch: Sendable>: Sendable {
  private let state: LoaderState<Batch>

  /// Starts on the batches of `range`. With no `workers`, a batch is made when it is asked for, by the one who asks.
  public init(
    _ range: Range<Int>, workers: Int, ahead: Int? = nil, make: @escaping @Sendable (Int) throws -> Batch
  ) {
    precondition(workers >= 0 && ahead ?? 1 > 0, "Loader: \(workers) workers, \(ahead ?? 1) batches ahead")
    state = LoaderState(range, workers: workers, ahead: ahead ?? max(2, 2 * workers), make: make)
    for number in 0..<workers {
      let thread = Thread { [state] in state.work() }
      thread.name = "loader-\(number)"
      thread.stackSize = 4 << 20
      thread.start()
    }
  }

  /// The next batch; nil after the last one. Waits until it is ready, and throws what `make` threw for it.
  public func next() throws -> Batch? { try state.next() }

  /// Stops the threads and waits for them; afterwards `next` returns nil.
  public func cancel() { state.stop() }

  deinit { state.stop() }
}

/// What a loader and its threads share. The threads hold this and not the loader, so that the loader can go.
///
/// `@unchecked Sendable`: every stored variable is read and written only between `lock.lock()` and `lock.unlock()`.
private final class LoaderState<Batch: Sendable>: @unchecked Sendable {
  private let lock = NSCondition()
  private let make: @Sendable (Int) throws -> Batch
  private let end: Int
  private let ahead: Int
  private let threaded: Bool
  private var ready: [Int: Result<Batch, any Error>] = [:]
  private var toStart: Int
  private var toDeliver: Int
  private var running: Int
  private var stopped = false

  init(_ range: Range<Int>, workers: Int, ahead: Int, make: @escaping @Sendable (Int) throws -> Batch) {
    self.make = make
    self.ahead = ahead
    end = range.upperBound
    toStart = range.lowerBound
    toDeliver = range.lowerBound
    running = workers
    threaded = workers > 0
  }

  func work() {
    lock.lock()
    while true {
      while !stopped && toStart < end && toStart >= toDeliver + ahead { lock.wait() }
      if stopped || toStart >= end { break }
      let index = toStart
      toStart += 1
      lock.unlock()
      let result = Result { try make(index) }
      lock.lock()
      ready[index] = result
      lock.broadcast()
    }
    running -= 1
    lock.broadcast()
    lock.unlock()
  }

  func next() throws -> Batch? {
    lock.lock()
    guard !stopped, toDeliver < end else {
      lock.unlock()
      return nil
    }
    let index = toDeliver
    let result: Result<Batch, any Error>
    if threaded {
      while ready[index] == nil && !stopped { lock.wait() }
      guard let made = ready.removeValue(forKey: index) else {
        lock.unlock()
        return nil
      }
      result = made
    } else {
      lock.unlock()
      result = Result { try make(index) }
      lock.lock()
    }
    toDeliver = index + 1
    if case .failure = result { stopped = true }
    lock.broadcast()
    lock.unlock()
    return try result.get()
  }

  func stop() {
    lock.lock()
    stopped = true
    lock.broadcast()
    while running > 0 { lock.wait() }
    ready = [:]
    lock.unlock()
  }
}
