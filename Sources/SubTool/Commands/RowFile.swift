import SubCore
import SubData

/// A file with a row of numbers for every input: an `.npy` with the inputs in a `.names.txt` beside it, a `.safetensors`
/// with the inputs in its metadata, a `.csv` or a `.jsonl` with the inputs in front.
struct RowFile {
  /// The endings that it may have.
  private enum Ending: String, CaseIterable { case npy, safetensors, csv, jsonl }

  /// Where it goes.
  let path: String
  private let ending: Ending
  private let tensor: String
  private var names: [String] = []
  private var values: [Float] = []

  /// A file whose tensor has a name. Throws a usage error for another ending, and where it, or that of the inputs, would
  /// take the place of one of `sources`, the files and folders that are read.
  init(_ path: String, tensor: String, option: String, sparing sources: [String]) throws {
    guard let ending = Ending.allCases.first(where: { path.hasSuffix(".\($0.rawValue)") }) else {
      throw InputError(
        "rows are not written in such a file", at: "\(option) \(path)",
        cure: "name an .npy, .safetensors, .csv or .jsonl file", isUsage: true)
    }
    (self.path, self.tensor, self.ending) = (path, tensor, ending)
    for file in [path] + (ending == .npy ? [namesPath] : []) {
      guard let resolved = FileSystem.resolved(file) else { continue }
      for source in sources {
        guard let known = FileSystem.resolved(source), (resolved + "/").hasPrefix(FileSystem.trimmed(known) + "/")
        else { continue }
        let kind = known == resolved ? "is read" : "lies in \(source), which is read,"
        throw InputError(
          "\(file) \(kind) and would be overwritten", at: "\(option) \(path)",
          cure: "name another file, or one elsewhere", isUsage: true)
      }
    }
  }

  /// Where the inputs of an `.npy` stand.
  private var namesPath: String { path.dropLast(".npy".count) + ".names.txt" }

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
      try AtomicFile.write(names.map { Self.line($0) + "\n" }.joined(), to: namesPath)
      try Npy.write(HostArray(values, shape: [names.count, width]), to: path)
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

  /// An input in a line of its own, as it may be given: the texts of a pair with a tab between them.
  private static func line(_ name: String) -> String {
    name.split(separator: "\t", omittingEmptySubsequences: false).map { String($0).oneLine }.joined(separator: "\t")
  }

  private func lines(_ width: Int, _ line: (_ name: String, _ row: ArraySlice<Float>) -> String) -> String {
    names.indices.map { line(names[$0], values[$0 * width..<($0 + 1) * width]) }.joined()
  }
}
