public import SubCore
internal import Synchronization

/// Counts the pictures that could not be read, up to a limit.
public final class BrokenImages: Sendable {
  /// How many different broken pictures are tolerated.
  public let limit: Int
  private let cure: String
  private let found = Mutex<[String: InputError]>([:])

  /// A count from zero; `cure` is what errors advise.
  public init(limit: Int, cure: String = "repair the data, or allow more with --max-broken") {
    (self.limit, self.cure) = (limit, cure)
  }

  /// What was wrong, by the picture's name, sorted by it.
  public var errors: [(name: String, error: InputError)] {
    found.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How many different pictures were broken.
  public var count: Int { found.withLock { $0.count } }

  /// How many could not be read and the first few of them, for a log; `consequence`: "passed over".
  public func remarks(_ consequence: String) -> [String] {
    let errors = errors
    guard !errors.isEmpty else { return [] }
    return ["unreadable pictures, \(consequence): \(errors.count)"] + errors.prefix(5).map { "  \($0.error)" }
      + (errors.count > 5 ? ["  … and \(errors.count - 5) more"] : [])
  }

  /// Notes a broken picture. Throws `InputError` once there are more than the limit.
  func note(_ error: InputError, name: String) throws {
    let count = found.withLock {
      $0[name] = error
      return $0.count
    }
    guard count > limit else { return }
    throw InputError(
      "more than \(limit) pictures are broken, the last one: \(error.what)", at: error.place, cure: cure)
  }
}
