import SubCore
import SubData

/// The lines of a run's `metrics.jsonl`, its numbers field by field: there may be a million.
struct LoggedLines {
  /// Updates done at every line, and of which samples its figures are.
  private(set) var steps: [Int] = []
  private(set) var splits: [String] = []
  /// The fields of the last evaluation, in order.
  private(set) var evaluated: [String] = []
  private var fields: [String: [(line: Int, value: Double)]] = [:]

  /// No line.
  init() {}

  /// Reads a log. A last line that is being written is left out; any other that is damaged is an error.
  init(_ path: String) throws {
    let buffer = try InputFile(path).read()
    try withExtendedLifetime(buffer) {
      var start = 0
      while let end = buffer.bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = UnsafeRawBufferPointer(rebasing: buffer.bytes[start..<end])
        try append(line, at: "\(path), line \(steps.count + 1)")
        start = end + 1
      }
    }
  }

  private mutating func append(_ line: UnsafeRawBufferPointer, at place: String) throws {
    let json = try JSON.parse(line, at: place)
    // More updates than a double counts no run has.
    guard let values = json.object, let step = json["step"]?.int, (0...1 << 53).contains(step),
      let split = json["split"]?.string
    else {
      throw InputError("this is no line of a run's log", at: place, cure: "restore the file, or leave the run out")
    }
    for member in values.members {
      if let value = member.value.double { fields[member.key, default: []].append((steps.count, value)) }
    }
    if split == "eval" { evaluated = values.keys }
    steps.append(step)
    splits.append(split)
  }

  /// The numbers of a field over the steps, of the lines of a split that have one.
  func curve(_ key: String, of split: String) -> [PlotPoint] {
    (fields[key] ?? []).compactMap { entry in
      splits[entry.line] == split ? PlotPoint(Double(steps[entry.line]), entry.value) : nil
    }
  }

  /// Calls `body` with every line's step, split and numbers of some fields; nil where it lacks one.
  func forEach(_ keys: [String], _ body: (_ step: Int, _ split: String, _ values: [Double?]) -> Void) {
    var rest = keys.map { (fields[$0] ?? [])[...] }
    for line in steps.indices {
      let values = rest.indices.map { rest[$0].first?.line == line ? rest[$0].popFirst()?.value : nil }
      body(steps[line], splits[line], values)
    }
  }
}
