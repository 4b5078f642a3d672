import SubCore
import SubData

/// Opens any file of tensors by what it is.
enum TensorFile {
  static func open(_ path: String) throws -> any NamedTensors {
    try Safetensors.open(path)
  }
}
