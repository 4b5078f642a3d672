import SubCore
import SubData

/// A file with a row of numbers for every input: an `.npy` with the inputs in a `.txt` beside it, a `.safetensors` with the
/// inputs in its metadata, a `.csv` or a `.jsonl` with the inputs in front.
struct RowFile {
  /// The endings that it may have.
  private enum Ending: String, CaseIterable { case npy, safetensors, csv, jsonl }

  /// Where it goes.
  let path: String
  private let ending: Ending
  private let tensor: String
  private var names: [String] = []
  private var values: [Float] = []

  /// A file whose tensor has a name. Throws a usage error for another ending.
  init(_ path: String, tensor: String, option: String) throws {
    guard let ending = Ending.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") }) else {
      throw InputError(
        "rows are not written in such a file", at: "\(option) \(path)",
        cure: "name an .npy, .safetensors, .csv or .jsonl file", isUsage: true)
    }
    (self.path, self.tensor, self.ending) = (path, tensor, ending)
  }

  /// Adds an input.
  mutating func add(_ name: String, _ row: some Collection<Float>) {
    names.append(name)
    values += row
  }

  /// Writes what was added; says it in a line.
  func write() throws -> String {
    let width = names.isEmpty ? 0 : values.count / names.count
    switch ending {
    case .npy:
      try Npy.write(HostArray(values, shape: [names.count, width]), to: path)
      try AtomicFile.write(names.map { $0.oneLine + "\n" }.joined(), to: path.dropLast(3) + "txt")
    case .safetensors:
      let inputs = JSON.array(names.map { .string($0) }).text()
      try Safetensors.write(
        [(tensor, HostArray(values, shape: [names.count, width]))], metadata: [("inputs", inputs)], to: path)
    case .csv:
      let head = CSV.line(["input"] + (0..<width).map { "\(tensor)_\($0)" })
      try AtomicFile.write(head + lines(width) { CSV.line([$0] + $1.map { "\($0)" }) }, to: path)
    case .jsonl:
      let text = lines(width) { name, row in
        let numbers = row.map { $0.isFinite ? "\($0)" : "null" }.joined(separator: ",")
        return "{\"input\":\(JSON.string(name).text()),\"\(tensor)\":[\(numbers)]}\n"
      }
      try AtomicFile.write(text, to: path)
    }
    return "\(names.count) rows of \(width) numbers in \(path)"
  }

  private func lines(_ width: Int, _ line: (_ name: String, _ row: ArraySlice<Float>) -> String) -> String {
    names.indices.map { line(names[$0], values[$0 * width..<($0 + 1) * width]) }.joined()
  }
}
