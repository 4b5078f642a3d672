import SubCore
import SubData

/// A file with a row of numbers for every input: an `.npy` with the inputs in a `.txt` beside it, or a `.safetensors` with
/// the inputs in its metadata.
struct RowFile {
  /// Where it goes.
  let path: String
  private let tensor: String
  private var names: [String] = []
  private var values: [Float] = []

  /// A file whose tensor has a name. Throws a usage error for another ending.
  init(_ path: String, tensor: String, option: String) throws {
    (self.path, self.tensor) = (path, tensor)
    guard path.hasSuffix(".npy") || path.hasSuffix(".safetensors") else {
      throw InputError(
        "rows are not written in such a file", at: "\(option) \(path)", cure: "name an .npy or .safetensors file",
        isUsage: true)
    }
  }

  /// Adds an input.
  mutating func add(_ name: String, _ row: some Collection<Float>) {
    names.append(name)
    values += row
  }

  /// Writes what was added; says it in a line.
  func write() throws -> String {
    let width = names.isEmpty ? 0 : values.count / names.count
    let rows = HostArray(values, shape: [names.count, width])
    if path.hasSuffix(".npy") {
      try Npy.write(rows, to: path)
      try AtomicFile.write(names.map { $0.oneLine + "\n" }.joined(), to: path.dropLast(3) + "txt")
    } else {
      let inputs = JSON.array(names.map { .string($0) }).text()
      try Safetensors.write([(tensor, rows)], metadata: [("inputs", inputs)], to: path)
    }
    return "\(names.count) rows of \(width) numbers in \(path)"
  }
}
