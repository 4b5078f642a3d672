/// The safetensors format: a JSON header, then the tensors' bytes without gaps.
public enum Safetensors {
  /// Opens one file and reads its header. Throws an `InputError` naming the file and byte offset or tensor.
  public static func open(_ path: String) throws -> SafetensorsFile { try SafetensorsFile(path) }
}
