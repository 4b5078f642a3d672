/// What a model does where a file does not hold just its tensors. Patterns are `NamePattern`s of the model's own names.
public struct LoadPlan: Sendable {
  /// What starts anew where the file does not hold it.
  public var mayStart: [String]
  /// What starts anew whatever the file holds: a classifier of other classes.
  public var starts: [String]
  /// What is fitted to another size, and how.
  public var fits: [(pattern: String, fitting: Fitting)]
  /// What takes some of the rows of the file's tensor, and which: a classifier of some of its classes.
  public var rows: [(pattern: String, rows: [Int])] = []

  /// Everything must be there unless told otherwise.
  public init(mayStart: [String] = [], starts: [String] = [], fits: [(pattern: String, fitting: Fitting)] = []) {
    (self.mayStart, self.starts, self.fits) = (mayStart, starts, fits)
  }

  func mayStart(_ name: String) -> Bool { Self.any(mayStart, name) }
  func starts(_ name: String) -> Bool { Self.any(starts, name) }
  func fitting(_ name: String) -> Fitting? { fits.first { NamePattern($0.pattern).match(name) != nil }?.fitting }

  func rows(of name: String) -> [Int]? { rows.first { NamePattern($0.pattern).match(name) != nil }?.rows }

  private static func any(_ patterns: [String], _ name: String) -> Bool {
    patterns.contains { NamePattern($0).match(name) != nil }
  }
}
