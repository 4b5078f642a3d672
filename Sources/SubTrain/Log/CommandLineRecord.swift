import SubData

/// The command line that began a run, as its `config.json` keeps it.
public struct CommandLineRecord: Sendable {
  /// The command and its arguments.
  public var arguments: [String]
  /// The folder in which it was typed, from which relative paths lead; nil: not known.
  public var folder: String?
  /// The program's version and the commit it was made from, where they are known.
  public var version, commit: String?

  /// A command line; nothing is known of a run that no command began.
  public init(_ arguments: [String] = [], in folder: String? = nil, version: String? = nil, commit: String? = nil) {
    (self.arguments, self.folder, self.version, self.commit) = (arguments, folder, version, commit)
  }

  /// What is known besides the arguments.
  var program: JSON.Object {
    var object = JSON.Object()
    for (key, text) in [("folder", folder), ("version", version), ("commit", commit)] {
      object[key] = text.map { .string($0) }
    }
    return object
  }
}
