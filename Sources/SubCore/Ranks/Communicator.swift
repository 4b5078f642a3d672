/// The processes that make one run together, its ranks, as one of them sees them: each has a part of every batch, and
/// what has to be the same in all of them is made so here. All of them must make the same calls in the same order, from
/// one thread at a time.
///
/// Sums are added in the order of the ranks, element by element, so that they depend neither on what carries them nor on
/// how they are cut. Nothing here throws: where a rank is lost its engine ends the others.
public protocol Communicator: AnyObject, Sendable {
  /// This rank, from 0. Rank 0 writes and speaks for all.
  var rank: Int { get }
  /// How many there are.
  var count: Int { get }
  /// How many of them share this machine, its cores and memory, and which of these this one is, from 0.
  var localCount: Int { get }
  var localRank: Int { get }

  /// Whether any thread may speak with the ranks, one at a time; else only the one that began.
  var isOfAnyThread: Bool { get }

  /// Replaces every number by its sum over the ranks.
  func sum(_ values: UnsafeMutableBufferPointer<Float>)
  /// Replaces every byte by the largest that a rank has there.
  func max(_ bytes: UnsafeMutableBufferPointer<UInt8>)
  /// The bytes of all ranks one behind the other, in their order; every rank gives as many.
  func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer)
  /// The part of this rank, of `count` equal ones, of the sum over the ranks.
  func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>)
  /// Replaces the bytes by those of rank 0.
  func broadcast(_ bytes: UnsafeMutableRawBufferPointer)
  /// Returns once every rank is there.
  func barrier()
  /// Ends all ranks, with this exit code: there was an error, which has been said.
  func abort(_ code: Int32) -> Never
}

extension Communicator {
  /// It is, unless a library is particular.
  public var isOfAnyThread: Bool { true }

  /// Whether there is nobody else: then nothing below costs anything.
  public var isAlone: Bool { count == 1 }

  /// This rank's rows of `total` that are divided: as many for every rank where they can be, else one more for the first
  /// ones. Rank 0 always has some.
  public func rows(of total: Int) -> Range<Int> { rows(of: total, at: rank) }

  /// Those of another rank.
  public func rows(of total: Int, at rank: Int) -> Range<Int> {
    (total * rank + count - 1) / count..<(total * (rank + 1) + count - 1) / count
  }
}

extension Communicator {
  /// The values of all ranks, in their order; every rank gives as many.
  public func gather<Value: BitwiseCopyable>(_ own: [Value]) -> [Value] {
    guard !isAlone, !own.isEmpty else { return own }
    return [Value](unsafeUninitializedCapacity: own.count * count) { all, filled in
      own.withUnsafeBytes { gather($0, into: UnsafeMutableRawBufferPointer(all)) }
      filled = own.count * count
    }
  }

  /// The values of all ranks, however many each has, in the order of the ranks.
  public func gatherUneven<Value: BitwiseCopyable>(_ own: [Value]) -> [[Value]] {
    guard !isAlone else { return [own] }
    let counts = gather([own.count])
    let size = MemoryLayout<Value>.stride
    var bytes = own.withUnsafeBytes { Array($0) }
    let most = (counts.max() ?? 0) * size
    bytes += Array(repeating: 0, count: most - bytes.count)
    return gather(bytes).withUnsafeBytes { all in
      counts.enumerated().map { rank, count in
        (0..<count).map { all.loadUnaligned(fromByteOffset: rank * most + $0 * size, as: Value.self) }
      }
    }
  }

  /// The sums of numbers over the ranks, in f64.
  public func sum(_ values: [Double]) -> [Double] {
    guard !isAlone else { return values }
    let all = gather(values)
    return values.indices.map { place in
      (1..<count).reduce(all[place]) { $0 + all[$1 * values.count + place] }
    }
  }

  /// The sum of a count over the ranks.
  public func sum(_ value: Int) -> Int { isAlone ? value : gather([value]).reduce(0, +) }

  /// The largest, and the smallest, that a rank has.
  public func largest(_ value: Int) -> Int { gather([value]).reduce(value, Swift.max) }
  public func smallest(_ value: Int) -> Int { gather([value]).reduce(value, Swift.min) }

  /// Whether any rank says so.
  public func anyone(_ flag: Bool) -> Bool {
    guard !isAlone else { return flag }
    var byte: UInt8 = flag ? 1 : 0
    withUnsafeMutablePointer(to: &byte) { max(UnsafeMutableBufferPointer(start: $0, count: 1)) }
    return byte != 0
  }

  /// Rank 0's text.
  public func broadcast(_ text: String) -> String {
    guard !isAlone else { return text }
    var bytes = Array(text.utf8)
    var length = bytes.count
    withUnsafeMutableBytes(of: &length) { broadcast($0) }
    if rank > 0 { bytes = [UInt8](repeating: 0, count: length) }
    bytes.withUnsafeMutableBytes { broadcast($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The texts of all ranks, however many each has, in the order of the ranks.
  public func gatherUneven(_ own: [String]) -> [[String]] {
    guard !isAlone else { return [own] }
    let lengths = gatherUneven(own.map(\.utf8.count))
    let bytes = gatherUneven(own.flatMap { Array($0.utf8) })
    return zip(lengths, bytes).map { lengths, bytes in
      var rest = bytes[...]
      return lengths.map { length in
        defer { rest = rest.dropFirst(length) }
        return String(decoding: rest.prefix(length), as: UTF8.self)
      }
    }
  }

  /// Whether a signal has arrived at any rank. All ask at the same place, so that all stop there.
  public var isInterrupted: Bool { anyone(Interruption.isRequested) }

  /// Throws where a signal has arrived at any rank: for loops that have nothing to save.
  public func checkInterruption() throws { if isInterrupted { throw Interruption() } }
}
