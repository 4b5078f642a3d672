import SubData

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What a run logs: `metrics.jsonl` and TensorBoard's event files, side by side.
public final class MetricsLog {
  private let lines: AppendFile
  private let events: EventFile
  /// Bytes of `metrics.jsonl`. A checkpoint keeps it, and a run that goes on from there cuts the file back to it.
  public private(set) var position: Int

  /// Where a run goes on: the step, and the log's `position` when its checkpoint was written.
  public struct Resumption: Sendable {
    let step: Int
    let position: Int

    /// A point to go on from.
    public init(step: Int, position: Int) { (self.step, self.position) = (step, position) }
  }

  /// A new log in a run's folder, or an old one cut back to where the run goes on. Lines that are missing there are told to
  /// `note`: they are no reason not to go on.
  public init(in run: RunFolder, from resumption: Resumption? = nil, note: (String) -> Void = { _ in }) throws {
    let path = run.metricsPath
    if let resumption {
      let size = try Self.size(path)
      if size < resumption.position {
        note(
          "the log has \(size) bytes, its checkpoint was written after \(resumption.position): lines are missing in "
            + path)
      } else if size > resumption.position, truncate(path, off_t(resumption.position)) != 0 {
        throw FileSystem.error("cannot cut the log back to its checkpoint", path)
      }
    }
    lines = try AppendFile(path)
    position = try Self.size(path)
    events = try EventFile(in: run.tensorBoardPath, resumedAt: resumption?.step)
  }

  /// Logs one record.
  public func append(_ record: MetricsRecord) throws {
    let line = record.json.text()
    try lines.append(line)
    position += line.utf8.count + 1
    try events.append(step: record.step, record.scalars)
  }

  /// Hands all lines to the disk: a checkpoint must not count what a power cut can take back.
  public func sync() throws { try lines.sync() }

  /// 0 where there is no log yet: a run that ended before its first line.
  private static func size(_ path: String) throws -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return 0 }
      throw FileSystem.error("cannot look at the log", path)
    }
    return Int(status.st_size)
  }
}
