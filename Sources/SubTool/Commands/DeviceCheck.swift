import SubCore
import SubData
import SubTrain

/// `doctor --check`: a device's results beside the reference's.
final class DeviceCheck {
  private let device: Device
  private let precision: Precision?
  private let pattern: String?
  /// The results of one operation in one precision.
  private var row: [OperationCheck] = []
  private var counts = (all: 0, wrong: 0)

  init(_ device: Device, _ precision: Precision?, _ pattern: String?) {
    (self.device, self.precision, self.pattern) = (device, precision, pattern)
  }

  func run(_ console: Console) throws {
    try console.print(line("operation", "type", "results", "error", "limit", ""))
    try device.check(precision, only: pattern) { check in
      try Interruption.check()
      if let last = row.last, last.name != check.name || last.precision != check.precision { try finishRow(console) }
      row.append(check)
      counts.all += 1
      counts.wrong += check.holds ? 0 : 1
      // One line each, as they come.
      if pattern != nil { try console.print(styled: detail(check, console.outputStyle)) }
    }
    try finishRow(console)
    if let captured = device.captured {
      try console.print(
        "of \(captured.commands) commands \(captured.inGraphs) were in captured graphs"
          + (captured.obstacle.map { "; none are: \($0)" } ?? ""))
    }
    guard counts.all > 0 else {
      throw InputError(
        "no operation is called '\(pattern ?? "")'", at: "masksub doctor --check",
        cure: "leave the name out to see all",
        isUsage: true)
    }
    guard counts.wrong == 0 else {
      throw InputError(
        "\(counts.wrong) of \(counts.all) results are wrong", at: "masksub doctor --check --device \(device)",
        cure: "do not train on this device; please report the lines above")
    }
    try console.print(styled: console.outputStyle.green("all \(counts.all) results of \(device) hold"))
  }

  /// The line of an operation, by its worst result, and those of what is wrong.
  private func finishRow(_ console: Console) throws {
    defer { row.removeAll() }
    guard pattern == nil, let worst = row.max(by: { Self.share($0) < Self.share($1) }) else { return }
    let style = console.outputStyle
    try console.print(
      styled: line(
        worst.name, Self.type(worst), "\(row.count)", Self.text(worst.error), Self.text(worst.limit),
        Self.verdict(row.allSatisfy(\.holds), style)))
    let wrong = row.filter { !$0.holds }
    for check in wrong.prefix(8) { try console.print(styled: detail(check, style)) }
    if wrong.count > 8 { try console.print("  and \(wrong.count - 8) more; see them by --check \"\(worst.name)\"") }
    try console.flush()
  }

  private func line(_ cells: String...) -> String {
    let widths = [30, 4, 7, 8, 7]
    let columns = zip(cells, widths).enumerated().map { column, cell in cell.0.padded(cell.1, left: column > 1) }
    return (columns + [cells[5]]).joined(separator: "  ").trimmed
  }

  private func detail(_ check: OperationCheck, _ style: TextStyle) -> String {
    "  \(Self.verdict(check.holds, style))  \(check.name) \(Self.type(check)): \(check.part): \(Self.text(check.error)), "
      + "limit \(Self.text(check.limit))"
  }

  private static func type(_ check: OperationCheck) -> String { check.precision == .bf16 ? "bf16" : "f32" }
  private static func verdict(_ holds: Bool, _ style: TextStyle) -> String {
    holds ? style.green("ok") : style.red("FAILED")
  }
  private static func text(_ number: Double) -> String { Float(number).significant(2) }
  /// How much of its limit an error takes.
  private static func share(_ check: OperationCheck) -> Double {
    check.limit > 0 ? check.error / check.limit : check.error > 0 ? .infinity : 0
  }
}
