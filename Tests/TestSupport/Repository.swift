/// The files that come with the package.
public enum Repository {
  /// The folder of the package.
  public static let path: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// A file or folder in it: `datasets/shapes`.
  public static func file(_ name: String) -> String { "\(path)/\(name)" }
}
