import SubCore
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
    var used = 0
    var inARow = 0
    var total: Int { counts.values.reduce(0, +) }
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

  /// Notes a fault. Throws an `InputError` once there are too many.
  public func record(_ fault: CaptionFault) throws {
    try state.withLock { state in
      state.counts[fault.kind, default: 0] += 1
      // It comes up again in every epoch.
      let first = state.first[fault.kind] ?? []
      if first.count < 3, !first.contains(fault) { state.first[fault.kind] = first + [fault] }
      if fault.kind == .brokenImage {
        // It had been handed out.
        state.inARow += 1
        state.used -= 1
      }
      let total = state.total
      let isTooMany = total > limit.count && Double(total) > limit.share * Double(total + state.used)
      if isTooMany || state.inARow >= limit.inARow {
        throw InputError(
          state.inARow >= limit.inARow
            ? "\(state.inARow) images in a row cannot be read: \(Self.summary(state))"
            : "too much of the data cannot be used: \(Self.summary(state)), \(state.used) good ones so far",
          at: source, cure: "repair the data, or leave the damaged part out")
      }
    }
  }

  /// Notes a pair that a stream has handed out.
  func noteDelivered() { state.withLock { $0.used += 1 } }

  /// Notes an image that could be read.
  public func noteDecoded() { state.withLock { $0.inARow = 0 } }

  /// How many faults there were.
  public var total: Int { state.withLock { $0.total } }
  /// How many there were of a kind.
  public func count(_ kind: CaptionFault.Kind) -> Int { state.withLock { $0.counts[kind] ?? 0 } }
  /// What was skipped, with names, in one line; empty if nothing was.
  public var summary: String { state.withLock { Self.summary($0) } }

  private static func summary(_ state: State) -> String {
    CaptionFault.Kind.allCases.compactMap { kind in
      guard let count = state.counts[kind], let first = state.first[kind] else { return nil }
      let names = first.map { $0.detail.isEmpty ? $0.name : "\($0.name): \($0.detail)" }
      return "\(count) \(kind.rawValue) (\(names.joined(separator: "; "))\(count > first.count ? "; …" : ""))"
    }.joined(separator: ", ")
  }
}
