import SubCore
import SubTrain

/// A step's operations beside what this machine's product rate and bandwidth allow: where the time goes, and how much of it
/// could be had.
struct OperationTable {
  /// Products and sums a second, and bytes a second.
  let productRate, bandwidth: Double

  /// Measures both limits on a device.
  init(_ precision: Precision, tries: Int, on device: Device) throws {
    productRate =
      try ProductRate.all(on: device).map { try $0.measured(precision, tries: tries, on: device) }.max() ?? 0
    let (timed, times) = device.timed()
    let x = Tensor([1 << 25], filledWith: 1, on: timed)
    bandwidth = try (0..<tries + 2).map { _ in
      try Interruption.check()
      times.clear()
      Tape.withoutRecording { _ = x.abs() }
      return times.entries[0].bytes / times.entries[0].seconds
    }.max()!
  }

  /// The least time for an operation, in seconds.
  private func limit(_ entry: OperationTimes.Entry) -> Double {
    max(entry.operations / productRate, entry.bytes / bandwidth)
  }

  /// A line per operation, the longest first, of `steps` steps of `seconds` each.
  func lines(_ entries: [OperationTimes.Entry], steps: Int, seconds: Double) -> [String] {
    let count = Double(steps)
    func line(_ cells: [String]) -> String {
      cells[0].padded(40) + cells.dropFirst().map { String(repeating: " ", count: max(1, 9 - $0.count)) + $0 }.joined()
    }
    var lines = [
      "limits: \((productRate / 1e9).fixed(0)) GFLOP/s of products, \((bandwidth / 1e9).fixed(1)) GB/s of memory",
      line(["operation", "calls", "ms", "% step", "MB", "GFLOP", "limit ms", "% limit"]),
    ]
    for entry in entries where entry.seconds / count >= 0.001 * seconds {
      lines.append(
        line([
          entry.name, (Double(entry.calls) / count).fixed(0), (1000 * entry.seconds / count).fixed(2),
          (100 * entry.seconds / count / seconds).fixed(1), (entry.bytes / count / 1e6).fixed(1),
          (entry.operations / count / 1e9).fixed(2), (1000 * limit(entry) / count).fixed(2),
          (100 * limit(entry) / entry.seconds).fixed(0),
        ]))
    }
    let inside = entries.reduce(0) { $0 + $1.seconds } / count
    let least = entries.reduce(0) { $0 + limit($1) } / count
    lines.append(
      line([
        "all operations", "", (1000 * inside).fixed(2), (100 * inside / seconds).fixed(1), "", "",
        (1000 * least).fixed(2), (100 * least / inside).fixed(0),
      ]))
    if let widest = entries.max(by: { $0.seconds - limit($0) < $1.seconds - limit($1) }) {
      let gap = 1000 * (widest.seconds - limit(widest)) / count
      lines.append("the largest gap: \(widest.name), \(gap.fixed(2)) ms above its limit")
    }
    return lines
  }
}
