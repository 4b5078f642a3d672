import SubData
import SubTrain

/// What a command line goes on from: a group of options, or a command, that may name a run whose own command line holds
/// where this one says nothing.
protocol LineBasis {
  /// The earlier line; nil: there is none. `command` is the one that is typed now.
  func earlier(for command: any Command.Type) throws -> EarlierLine?
}

/// The command line of a run, from its `config.json`.
struct EarlierLine {
  /// The file.
  let place: String
  /// Its command.
  let command: String
  /// What stood behind the command.
  let arguments: [String]
  /// The folder in which it was typed; nil: not known.
  let folder: String?
  /// Which options of the run an option of ours follows, the first that it has; nil: every one the option of its name.
  var followed: [(own: String, theirs: [String])]?

  /// The line in a run's configuration; nil: a run that no command began.
  init?(_ configuration: JSON, at place: String) {
    let words = (configuration["arguments"]?.array ?? []).compactMap(\.string)
    guard let command = configuration["command"]?.string, words.first == command else { return nil }
    (self.place, self.command, arguments) = (place, command, Array(words.dropFirst()))
    folder = configuration["folder"]?.string
  }

  /// What says where a run's folder is, not what the run is.
  static let omitted: Set = ["--output", "--resume", "--config"]

  /// A value as it was meant in the folder where it was typed: relative paths lead from there.
  func value(_ text: String, of option: any OptionDeclaration) -> String {
    guard option.takesPath, let folder, folder != FileSystem.currentFolder else { return text }
    let sources = text.split(separator: "::", omittingEmptySubsequences: false).map { source -> String in
      let path = FileSystem.join(folder, String(source))
      let isMeant = source.contains("/") || FileSystem.kind(path) != .absent
      return source.hasPrefix("/") || source.isEmpty || !isMeant ? String(source) : path
    }
    return sources.joined(separator: "::")
  }
}

/// Follows the run that `from` leads into, in these options.
extension EarlierLine {
  init?(of from: String, _ followed: [(own: String, theirs: [String])]) throws {
    guard let run = RunFolder.around(from) else { return nil }
    self.init(try run.configuration(), at: run.path)
    self.followed = followed
  }
}
