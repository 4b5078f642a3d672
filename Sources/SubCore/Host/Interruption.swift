import CSystem

/// Ctrl-C, SIGTERM or a hang-up ended the work early; what could be saved is saved. The tool prints `cure` and exits with
/// 130.
public struct Interruption: Error, Sendable, Equatable {
  /// How to go on; may be empty.
  public let cure: String
  /// The folder of the run that can go on; nil where nothing is saved.
  public let run: String?

  /// An interruption, with what to do to go on.
  public init(cure: String = "", run: String? = nil) { (self.cure, self.run) = (cure, run) }

  /// Stands for a signal that only this thread's work sees: a test's interrupt leaves the other tests alone.
  @TaskLocal public static var isSimulated = false

  /// Whether a signal has arrived; a loop asks after every step.
  public static var isRequested: Bool { isSimulated || sys_interrupted() }

  /// Throws where a signal has arrived: for loops that have nothing to save.
  public static func check() throws { if isRequested { throw Interruption() } }
}
