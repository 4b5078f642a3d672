import SubData

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A TensorBoard event file of scalars. Every record is one write, so a crash leaves at most one cut record at the end,
/// which readers ignore.
package final class EventFile {
  private let file: FileWriter

  /// A new event file in a folder, which is made. A run that goes on at `resumedAt` writes a file of its own, and
  /// readers forget what the earlier ones have after that step.
  package init(in folder: String, resumedAt step: Int? = nil) throws {
    try FileSystem.makeFolder(folder)
    let time = WallClock.unixTime()
    file = try FileWriter(
      appendingTo: FileSystem.join(folder, "events.out.tfevents.\(Int(time)).masksub.\(getpid())"))
    try append(.version(time: time))
    // TensorBoard drops what it has at the event's own step, too.
    if let step { try append(.start(time: time, step: step + 1)) }
  }

  /// Adds scalars of a step; values that are no finite numbers are added too, TensorBoard marks them.
  package func append(step: Int, _ values: [(tag: String, value: Float)]) throws {
    if !values.isEmpty { try append(.scalars(values, time: WallClock.unixTime(), step: step)) }
  }

  private func append(_ record: EventRecord) throws { try file.write(record.framed()) }
}
