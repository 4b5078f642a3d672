/// Something from outside (a file, an option, an image, a checkpoint) is wrong. Printed as `WHAT (WHERE): CURE`.
public struct InputError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong.
  public let what: String
  /// The file, and the line, byte offset, column or tensor name.
  public let place: String
  /// What to do about it.
  public let cure: String
  /// Whether the command line itself was wrong (exit code 2) rather than the work (exit code 1).
  public let isUsage: Bool

  /// An error with its place and its cure.
  public init(_ what: String, at place: String, cure: String, isUsage: Bool = false) {
    self.what = what
    self.place = place
    self.cure = cure
    self.isUsage = isUsage
  }

  public var description: String { place.isEmpty ? "\(what): \(cure)" : "\(what) (\(place)): \(cure)" }
}
