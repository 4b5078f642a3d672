public import SubCore
import Synchronization

/// The faults of a run: counted by kind whenever they come up, the first of each kind kept with its name, and a limit on
/// them all.
public final class CaptionFaults: Sendable {
  /// How much may be skipped.
  public struct Limit: Sendable, Codable, Equatable {
    /// Faults that are always allowed.
    public var count: Int
    /// Beyond those, the share of faults among all pairs so far, 0 to 1.
    public var share: Double
    /// Images in a row that may be broken.
    public var inARow: Int

    /// A limit.
    public init(count: Int = 100, share: Double = 0.1, inARow: Int = 256) {
      self.count = count
      self.share = share
      self.inARow = inARow
    }
  }

  /// Faults, and pairs without.
  private struct Share {
    var (bad, good) = (0, 0)
  }

  private struct State {
    var counts: [CaptionFault.Kind: Int] = [:]
    var first: [CaptionFault.Kind: [CaptionFault]] = [:]
    /// Of what was listed: faults come up then that need no pair to be read.
    var listed = Share()
    /// Of what was read, that included which other ranks meet.
    var read = Share()
    var inARow = 0

    mutating func count(_ fault: CaptionFault) {
      counts[fault.kind, default: 0] += 1
      // It comes up again in every epoch.
      let known = first[fault.kind] ?? []
      if known.count < 3, !known.contains(fault) { first[fault.kind] = known + [fault] }
    }
  }

  /// The limit.
  public let limit: Limit
  private let source: String
  private let isMixed: Bool
  private let state = Mutex(State())

  /// No faults yet; `source` names the data in errors. `isMixed`: whether pairs are read in a random order, so that the
  /// share of the bad among some is that among all; else bad ones may lie together, and are judged by all that is listed.
  public init(source: String, limit: Limit = Limit(), isMixed: Bool = true) {
    self.source = source
    self.limit = limit
    self.isMixed = isMixed
  }

  /// Notes a fault of a pair that was to be read. Throws an `InputError` once there are too many. `standingFor`: how many
  /// there are of it among all ranks, of which each looks at some images and takes the others to be alike.
  public func record(_ fault: CaptionFault, standingFor count: Int = 1) throws {
    try state.withLock { state in
      state.count(fault)
      state.read.bad += count
      if fault.kind == .brokenImage {
        // It had been handed out.
        state.inARow += 1
        state.read.good -= count
      }
      guard state.inARow < limit.inARow else {
        throw InputError(
          "\(state.inARow) images in a row cannot be read: \(Self.summary(state))", at: source,
          cure: "repair the data, or leave the damaged part out")
      }
      var share = state.read
      if !isMixed { share.good = max(share.good, state.listed.good - share.bad) }
      try check(share, state)
    }
  }

  /// Notes what is found where a shard, a table or a folder is listed: faults, and how many other pairs there are. Throws
  /// an `InputError` once there are too many faults.
  func note(listed faults: [CaptionFault], besides good: Int) throws {
    try state.withLock { state in
      for fault in faults { state.count(fault) }
      state.listed.bad += faults.count
      state.listed.good += good
      if !faults.isEmpty { try check(state.listed, state) }
    }
  }

  /// Throws where faults are too many beside the good pairs.
  private func check(_ share: Share, _ state: State) throws {
    let all = state.listed.bad + state.read.bad
    guard all > limit.count, Double(share.bad) > limit.share * Double(share.bad + share.good) else { return }
    throw InputError(
      "too much of the data cannot be used: \(Self.summary(state)), \(share.good) good ones so far", at: source,
      cure: "repair the data, leave the damaged part out, or allow more faults with --max-faults N")
  }

  /// Notes pairs that were handed out.
  func noteGiven(_ count: Int = 1) { state.withLock { $0.read.good += count } }

  /// Notes an image that could be read.
  public func noteDecoded() { state.withLock { $0.inARow = 0 } }

  /// How many faults there were.
  public var total: Int { state.withLock { $0.counts.values.reduce(0, +) } }
  /// How many there were of a kind.
  public func count(_ kind: CaptionFault.Kind) -> Int { state.withLock { $0.counts[kind] ?? 0 } }
  /// What was skipped, with names, in one line; empty if nothing was.
  public var summary: String { state.withLock { Self.summary($0) } }

  /// What all ranks skipped: all of them meet the same, but broken images, each its own. All ranks ask for it.
  public func summary(over ranks: any Communicator) -> String {
    var state = state.withLock { $0 }
    let broken = CaptionFault.Kind.brokenImage
    let own = state.first[broken] ?? []
    let (names, details) = (ranks.gatherUneven(own.map(\.name)), ranks.gatherUneven(own.map(\.detail)))
    let count = ranks.sum(state.counts[broken] ?? 0)
    state.counts[broken] = count > 0 ? count : nil
    state.first[broken] = zip(names.joined(), details.joined()).prefix(3).map { CaptionFault(broken, $0, $1) }
    return Self.summary(state)
  }

  private static func summary(_ state: State) -> String {
    CaptionFault.Kind.allCases.compactMap { kind in
      guard let count = state.counts[kind], let first = state.first[kind] else { return nil }
      let names = first.map { $0.detail.isEmpty ? $0.name : "\($0.name): \($0.detail)" }
      return "\(count) \(kind.rawValue) (\(names.joined(separator: "; "))\(count > first.count ? "; …" : ""))"
    }.joined(separator: ", ")
  }
}
