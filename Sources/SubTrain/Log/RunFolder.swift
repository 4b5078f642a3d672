import SubCore
public import SubData

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder of a run: `config.json`, `metrics.jsonl`, `summary.json`, `tensorboard/`, `plots/`, `checkpoints/STEP/`. One
/// that was created or opened to go on with is locked as long as the value, or a copy of it, is there: no second process
/// works on it.
public struct RunFolder: Sendable, Equatable {
  /// The folder.
  public let path: String
  let lock: FileLock?

  /// The resolved configuration.
  public var configurationPath: String { FileSystem.join(path, "config.json") }
  /// A line per logged step.
  public var metricsPath: String { FileSystem.join(path, "metrics.jsonl") }
  /// The result.
  public var summaryPath: String { FileSystem.join(path, "summary.json") }
  /// Event files.
  public var tensorBoardPath: String { FileSystem.join(path, "tensorboard") }
  /// Pictures.
  public var plotsPath: String { FileSystem.join(path, "plots") }
  /// One folder per checkpoint, named after its step.
  public var checkpointsPath: String { FileSystem.join(path, "checkpoints") }
  /// A link to the checkpoint of the best evaluation, where that is kept.
  public var bestPath: String { FileSystem.join(path, "best") }

  /// The folder of a new run, locked: `output`, which must be absent or empty, or a new one named `runs/COMMAND-TIME`.
  public static func create(_ output: String?, command: String, runs: String = "runs") throws -> RunFolder {
    guard let output else { return try fresh(FileSystem.join(runs, "\(command)-\(WallClock.fileStamp())")).locked() }
    let folder = RunFolder(path: output, lock: nil)
    switch FileSystem.kind(output) {
    case .absent: try FileSystem.makeFolder(output)
    case .folder: try folder.checkEmpty()
    case .file, .other: throw InputError("this is no folder", at: output, cure: "choose another --output")
    }
    let mine = try folder.locked()
    // Another process may have begun, and even ended, a run there in between.
    try folder.checkEmpty()
    return mine
  }

  /// Throws where the folder holds more than what a start that was killed leaves behind.
  private func checkEmpty() throws {
    let names = try FileSystem.readableNames(in: path)
    if names.allSatisfy({ $0 == Self.lockName || AtomicFolder.isLeftover($0) }) { return }
    throw InputError(
      isRun ? "the folder already holds a run" : "the folder holds other files", at: path,
      cure: isRun ? "add --resume to go on with it, or choose another --output" : "choose another --output")
  }

  private static let lockName = ".lock"

  /// The same folder, locked, and freed of what killed processes left there.
  func locked() throws -> RunFolder {
    let file = FileSystem.join(path, Self.lockName)
    guard let lock = try FileLock(file, .exclusive, creating: true) else {
      let holder = (try? InputFile(file).text()).flatMap { Int($0) }.map { "process \($0)" } ?? "another process"
      throw InputError(
        "\(holder) is at work on this run", at: path, cure: "let it end, or stop it; or choose another --output")
    }
    lock.write("\(getpid())")
    AtomicFolder.removeLeftovers(in: path)
    AtomicFolder.removeLeftovers(in: checkpointsPath)
    return RunFolder(path: path, lock: lock)
  }

  /// The folder without its lock: the run has ended.
  var released: RunFolder { RunFolder(path: path, lock: nil) }

  public static func == (left: RunFolder, right: RunFolder) -> Bool { left.path == right.path }

  /// Whether no other process can go on with the run meanwhile; false where the file system knows no locks.
  public var isLocked: Bool { lock?.holds ?? false }

  /// Whether a process is at work on the run now; where the file system knows no locks this cannot be told, and is taken
  /// to be so.
  public var isAtWork: Bool {
    guard let lock = try? FileLock(FileSystem.join(path, Self.lockName), .shared) else {
      return FileSystem.kind(FileSystem.join(path, Self.lockName)) == .file
    }
    return !lock.holds
  }

  /// The folder of a run that exists, for `--resume`, `plot` or `eval`.
  public static func existing(_ path: String) throws -> RunFolder {
    let folder = RunFolder(path: path, lock: nil)
    guard FileSystem.kind(path) != .absent else {
      throw InputError(
        "there is no such run", at: path, cure: "check the path; runs stand in runs/ unless --output said otherwise")
    }
    guard folder.isRun else {
      throw InputError(
        "this is not the folder of a run, it has no config.json of one", at: path,
        cure: "name the folder that --output named")
    }
    return folder
  }

  /// The run that a path leads into: its folder, its `best`, or one of its checkpoints or a file there; nil: none.
  public static func around(_ path: String) -> RunFolder? {
    if let run = try? existing(path) { return run }
    let name = FileSystem.name(path)
    if name == "best" { return try? existing(FileSystem.parent(path)) }
    let above = FileSystem.parent(path)
    if FileSystem.name(above) == "checkpoints" { return try? existing(FileSystem.parent(above)) }
    return FileSystem.kind(path) == .file ? around(above) : nil
  }

  /// Writes `config.json`: which command it was, and everything needed to repeat it.
  public func writeConfiguration(command: String, arguments: [String], _ settings: JSON.Object) throws {
    var object: JSON.Object = [
      "command": .string(command), "arguments": .array(arguments.map { .string($0) }),
    ]
    for member in settings.members { object[member.key] = member.value }
    try write(object)
  }

  func write(_ configuration: JSON.Object) throws {
    try AtomicFile.write(JSON.object(configuration).text(indent: 2) + "\n", to: configurationPath)
  }

  /// `config.json` as it stands.
  public func configuration() throws -> JSON { try JSON.read(configurationPath) }

  /// Writes `summary.json`.
  public func writeSummary(_ summary: RunSummary) throws {
    try AtomicFile.write(summary.json.text(indent: 2) + "\n", to: summaryPath)
  }

  /// Whether a run of this tool wrote the folder's `config.json`.
  private var isRun: Bool { (try? configuration())?["command"]?.string != nil }

  /// A folder that nobody else has: two runs that start in the same second get two.
  private static func fresh(_ path: String) throws -> RunFolder {
    try FileSystem.makeFolder(FileSystem.parent(path))
    for number in 1...1000 {
      let candidate = number == 1 ? path : "\(path)-\(number)"
      if mkdir(candidate, 0o777) == 0 { return RunFolder(path: candidate, lock: nil) }
      guard errno == EEXIST else { throw FileSystem.error("cannot make the run's folder", candidate) }
    }
    throw FileSystem.error("cannot make the run's folder", path, code: EEXIST)
  }
}
