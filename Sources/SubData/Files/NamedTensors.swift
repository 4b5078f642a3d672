public import SubCore

/// What a file says about one tensor without loading it.
public struct TensorInfo: Sendable, Equatable {
  /// The element type.
  public let dtype: DType
  /// The length of every axis; empty for a scalar.
  public let shape: [Int]

  /// A description.
  public init(dtype: DType, shape: [Int]) {
    self.dtype = dtype
    self.shape = shape
  }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The number of bytes.
  public var byteCount: Int { count * dtype.size }
}

/// Tensors by name, in a file or a folder: a checkpoint, or a batch.
public protocol NamedTensors: Sendable {
  /// The file or folder, for messages.
  var place: String { get }
  /// All names, in the file's order.
  var names: [String] { get }
  /// What has to be said of how the file was read: which of several weights were taken, what was left out. Lines.
  var remarks: [String] { get }
  /// Texts that the file holds beside its tensors, by name.
  var metadata: [(key: String, value: String)] { get }
  /// Whether there is such a tensor.
  func contains(_ name: String) -> Bool
  /// Type and shape of a tensor, known without touching its data. Throws an `InputError` for an unknown name.
  func info(named name: String) throws -> TensorInfo
  /// A tensor, row-major and in the machine's byte order, read now.
  func array(named name: String) throws -> HostArray
}

extension NamedTensors {
  /// Nothing.
  public var remarks: [String] { [] }
  /// None.
  public var metadata: [(key: String, value: String)] { [] }

  /// Whether it can be described.
  public func contains(_ name: String) -> Bool { (try? info(named: name)) != nil }

  /// All tensors in order.
  public func arrays() throws -> [(name: String, array: HostArray)] {
    try names.map { ($0, try array(named: $0)) }
  }

  /// The error for a name that is not there.
  package func unknown(_ name: String) -> InputError {
    let some = names.prefix(6).joined(separator: ", ")
    let rest = names.count > 6 ? ", … (\(names.count) in all)" : ""
    return InputError(
      "there is no such tensor", at: "\(place), tensor '\(name)'",
      cure: names.isEmpty ? "use a file that holds tensors; this one holds none" : "use one of \(some)\(rest)")
  }
}
