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

  /// What was wrong with the pictures that any rank met.
  private func errors(over ranks: any Communicator) -> [(name: String, error: InputError)] {
    let own = errors
    guard !ranks.isAlone else { return own }
    let names = ranks.gatherUneven(own.map(\.name)).joined()
    let parts = [\InputError.what, \.place, \.cure].map { part in
      Array(ranks.gatherUneven(own.map { $0.error[keyPath: part] }).joined())
    }
    var all: [String: InputError] = [:]
    for (place, name) in names.enumerated() where all[name] == nil {
      all[name] = InputError(parts[0][place], at: parts[1][place], cure: parts[2][place])
    }
    return all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How many different ones no rank could read, and the first few of them, for a log; `consequence`: "passed over". All
  /// ranks ask for it.
  public func remarks(_ consequence: String, over ranks: any Communicator = SingleProcess()) -> [String] {
    let errors = errors(over: ranks)
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
    if count > limit { throw tooMany(error) }
  }

  /// Throws where all ranks together met more than the limit, though none of them did. All ranks ask for it.
  public func check(over ranks: any Communicator) throws {
    let errors = errors(over: ranks)
    if errors.count > limit, let last = errors.last { throw tooMany(last.error) }
  }

  private func tooMany(_ last: InputError) -> InputError {
    InputError("more than \(limit) pictures are broken, the last one: \(last.what)", at: last.place, cure: cure)
  }
}
