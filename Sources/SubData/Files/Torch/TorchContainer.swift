import SubCore

/// Where the storages of a PyTorch file lie.
protocol TorchContainer: Sendable {
  /// The file.
  var file: InputFile { get }
  /// Whether the bytes of each element are in the other order than the machine's.
  var isSwapped: Bool { get }
  /// How many bytes a storage really has.
  func size(of storage: TorchStorage) throws -> Int
  /// A storage's bytes.
  func content(of storage: TorchStorage) throws -> (buffer: HostBuffer, range: Range<Int>)
}

extension TorchContainer {
  /// An error in a storage.
  func failure(_ what: String, _ storage: TorchStorage) -> InputError {
    InputError(what, at: "\(file.path), storage '\(storage.key)'", cure: "get the file again; it is damaged")
  }
}
