import CSystem
internal import Synchronization

/// Ctrl-C, SIGTERM or a hang-up ended the work early; what could be saved is saved. The tool prints `cure` and exits with
/// 130.
public struct Interruption: Error, Sendable, Equatable {
  /// How to go on; may be empty.
  public let cure: String
  /// The folder of the run that can go on; nil where nothing is saved.
  public let run: String?

  /// An interruption, with what to do to go on.
  public init(cure: String = "", run: String? = nil) { (self.cure, self.run) = (cure, run) }

  /// Whether a signal has arrived; a loop asks after every step.
  public static var isRequested: Bool { simulated?.isRaised ?? false || sys_interrupted() }

  /// Throws where a signal has arrived: for loops that have nothing to save.
  public static func check() throws { if isRequested { throw Interruption() } }

  /// Runs work that asks nobody for a long time and leaves nothing behind: a signal ends the whole process there and then.
  package static func endingAtOnce<Result>(_ body: () throws -> Result) throws -> Result {
    sys_end_at_interrupts(true)
    defer { sys_end_at_interrupts(false) }
    try check()
    return try body()
  }
}

extension Interruption {
  /// A signal that only this thread's work sees, from when a test raises it: other tests are left alone.
  package final class Simulated: Sendable {
    private let flag: Atomic<Bool>

    /// One that has arrived already, or is still to be raised.
    package init(raised: Bool = true) { flag = Atomic(raised) }

    package var isRaised: Bool { flag.load(ordering: .relaxed) }
    package func raise() { flag.store(true, ordering: .relaxed) }
  }

  @TaskLocal package static var simulated: Simulated?
}
