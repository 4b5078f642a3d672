import Foundation
public import SubCore

/// The ranks of a run as threads of one process: what several processes do together, for tests.
///
/// `@unchecked Sendable`: a rank's pointers are written by itself alone before a meeting of all, and read behind it.
public final class ThreadRanks: Communicator, @unchecked Sendable {
  public let rank: Int
  public var count: Int { meeting.count }
  public var localCount: Int { count }
  public var localRank: Int { rank }
  private let meeting: Meeting

  private init(_ rank: Int, _ meeting: Meeting) { (self.rank, self.meeting) = (rank, meeting) }

  /// Runs `body` once for each of `count` ranks, at the same time, and returns what they made, in their order. Throws
  /// what the first of them threw; a rank that throws must not leave others waiting.
  public static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadRanks) throws -> Result
  ) throws -> [Result] {
    let meeting = Meeting(count)
    let results = Results<Result>(count)
    let threads = (0..<count).map { rank in
      let thread = Thread {
        results.put(Swift.Result { try body(ThreadRanks(rank, meeting)) }, at: rank)
      }
      thread.stackSize = 16 << 20
      return thread
    }
    for thread in threads { thread.start() }
    return try results.wait().map { try $0.get() }
  }

  /// What a rank makes, for all to see.
  private func together(
    _ own: UnsafeMutableRawPointer?, _ body: (_ all: [UnsafeMutableRawPointer?]) -> Void
  ) {
    meeting.pointers[rank] = own
    meeting.wait()
    let all = (0..<count).map { meeting.pointers[$0] }
    body(all)
    meeting.wait()
  }

  public func sum(_ values: UnsafeMutableBufferPointer<Float>) {
    together(values.baseAddress) { all in
      // Every rank adds its share of the places, and nobody else touches them.
      for place in rows(of: values.count) {
        let pointers = all.map { $0!.assumingMemoryBound(to: Float.self) }
        let sum = pointers.dropFirst().reduce(pointers[0][place]) { $0 + $1[place] }
        for pointer in pointers { pointer[place] = sum }
      }
    }
  }

  public func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) {
    together(bytes.baseAddress) { all in
      for place in rows(of: bytes.count) {
        let pointers = all.map { $0!.assumingMemoryBound(to: UInt8.self) }
        let most = pointers.map { $0[place] }.max()!
        for pointer in pointers { pointer[place] = most }
      }
    }
  }

  public func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {
    together(UnsafeMutableRawPointer(mutating: own.baseAddress)) { pointers in
      for (rank, pointer) in pointers.enumerated() where own.count > 0 {
        (all.baseAddress! + rank * own.count).copyMemory(from: pointer!, byteCount: own.count)
      }
    }
  }

  public func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {
    together(UnsafeMutableRawPointer(mutating: UnsafeRawPointer(all.baseAddress))) { pointers in
      let pointers = pointers.map { $0!.assumingMemoryBound(to: Float.self) + rank * own.count }
      for place in own.indices { own[place] = pointers.dropFirst().reduce(pointers[0][place]) { $0 + $1[place] } }
    }
  }

  public func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {
    together(bytes.baseAddress) { all in
      if rank > 0, bytes.count > 0 { bytes.baseAddress!.copyMemory(from: all[0]!, byteCount: bytes.count) }
    }
  }

  public func barrier() { meeting.wait() }

  public func abort(_ code: Int32) -> Never { fatalError("rank \(rank) ends all with \(code)") }
}

/// Where ranks wait for each other.
///
/// `@unchecked Sendable`: the counters are read and written under the lock, a pointer by its rank alone between meetings.
private final class Meeting: @unchecked Sendable {
  let count: Int
  let pointers: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  private let lock = NSCondition()
  private var (arrived, round) = (0, 0)

  init(_ count: Int) {
    self.count = count
    pointers = .allocate(capacity: count)
    pointers.initialize(repeating: nil, count: count)
  }

  deinit { pointers.deallocate() }

  func wait() {
    lock.lock()
    let mine = round
    arrived += 1
    if arrived == count {
      (arrived, round) = (0, round + 1)
      lock.broadcast()
    }
    while round == mine { lock.wait() }
    lock.unlock()
  }
}

/// What the ranks made.
///
/// `@unchecked Sendable`: every stored variable is read and written under the lock.
private final class Results<Value>: @unchecked Sendable {
  private let lock = NSCondition()
  private var made: [Result<Value, any Error>?]

  init(_ count: Int) { made = Array(repeating: nil, count: count) }

  func put(_ value: Result<Value, any Error>, at rank: Int) {
    lock.lock()
    made[rank] = value
    lock.broadcast()
    lock.unlock()
  }

  func wait() -> [Result<Value, any Error>] {
    lock.lock()
    defer { lock.unlock() }
    while true {
      // A rank that failed would leave the others waiting for ever.
      if let failed = made.compactMap({ $0 }).first(where: { if case .failure = $0 { true } else { false } }) {
        return [failed]
      }
      if !made.contains(where: { $0 == nil }) { return made.compactMap { $0 } }
      lock.wait()
    }
  }
}
