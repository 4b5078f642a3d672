public import SubCore
import Synchronization

/// How much memory input may claim that it does not fill itself: a packed member that unpacks to a thousand times its size,
/// a picture's canvas, the sizes in a configuration, the largest label. Memory follows what a file holds: 64 bytes for each
/// of its own, and these limits beside. `masksub --max-claim` raises both.
public enum ClaimLimit {
  /// What is claimed.
  public enum Kind: Sendable {
    /// Unpacked data, pixels, classes: 256 MiB.
    case data
    /// The weights of a model with gradients and moments: 8 GiB.
    case model

    fileprivate var standard: Int { self == .data ? 256 << 20 : 8 << 30 }
  }

  /// Bytes that were allowed for.
  private static let raised = Atomic<Int>(0)
  /// Bytes of memory for every byte that is there.
  private static let ratio = 64

  /// Raises both limits to so many bytes, for the whole process.
  public static func raise(to bytes: Int) { raised.store(bytes, ordering: .relaxed) }

  /// The bytes that input which holds `held` of them may claim.
  public static func allowed(_ kind: Kind = .data, holding held: Int) -> Int {
    let (own, overflow) = held.multipliedReportingOverflow(by: ratio)
    let limit = max(kind.standard, raised.load(ordering: .relaxed))
    return overflow || own > Int.max - limit ? .max : own + limit
  }

  /// Throws where `what` claims more: "the image claims 16383x16383 pixels".
  public static func check(
    _ claimed: Double, _ kind: Kind = .data, holding held: Int, _ what: @autoclosure () -> String, at place: String
  ) throws(InputError) {
    let allowed = allowed(kind, holding: held)
    guard claimed > Double(allowed) else { return }
    throw InputError(
      "\(what()), which takes \(mebibytes(claimed)) MiB; \(mebibytes(Double(allowed))) are allowed", at: place,
      cure: "get it again, or allow more with --max-claim GIB if it is meant so")
  }

  private static func mebibytes(_ bytes: Double) -> String {
    let count = (bytes / 1_048_576).rounded(.up)
    return Int(exactly: count).map(String.init) ?? "\(count)"
  }
}
