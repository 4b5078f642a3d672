import Foundation
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

  private struct State {
    var counts: [CaptionFault.Kind: Int] = [:]
    var first: [CaptionFault.Kind: [CaptionFault]] = [:]
    /// All faults and all good pairs, those included that other ranks meet.
    var (all, used) = (0, 0)
    var inARow = 0
  }

  /// The limit.
  public let limit: Limit
  private let source: String
  private let state = Mutex(State())

  /// No faults yet; `source` names the data in errors.
  public init(source: String, limit: Limit = Limit()) {
    self.source = source
    self.limit = limit
  }

  /// Notes a fault. Throws an `InputError` once there are too many. `standingFor`: how many there are of it among all
  /// ranks, of which each looks at some images and takes the others to be alike.
  public func record(_ fault: CaptionFault, standingFor count: Int = 1) throws {
    try state.withLock { state in
      state.counts[fault.kind, default: 0] += 1
      state.all += count
      // It comes up again in every epoch.
      let first = state.first[fault.kind] ?? []
      if first.count < 3, !first.contains(fault) { state.first[fault.kind] = first + [fault] }
      if fault.kind == .brokenImage {
        // It had been handed out.
        state.inARow += 1
        state.used -= count
      }
      let isTooMany = state.all > limit.count && Double(state.all) > limit.share * Double(state.all + state.used)
      if isTooMany || state.inARow >= limit.inARow {
        throw InputError(
          state.inARow >= limit.inARow
            ? "\(state.inARow) images in a row cannot be read: \(Self.summary(state))"
            : "too much of the data cannot be used: \(Self.summary(state)), \(state.used) good ones so far",
          at: source, cure: "repair the data, or leave the damaged part out")
      }
    }
  }

  /// Notes pairs that were handed out.
  func noteGiven(_ count: Int = 1) { state.withLock { $0.used += count } }

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
    let own = state.first[broken]?.map { [$0.name, $0.detail] } ?? []
    guard !ranks.isAlone, let text = try? JSONEncoder().encode(own) else { return Self.summary(state) }
    let named = ranks.gatherUneven(Array(text)).flatMap { bytes in
      (try? JSONDecoder().decode([[String]].self, from: Data(bytes))) ?? []
    }
    let count = ranks.sum(state.counts[broken] ?? 0)
    state.counts[broken] = count > 0 ? count : nil
    state.first[broken] = named.prefix(3).map { CaptionFault(broken, $0[0], $0[1]) }
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
