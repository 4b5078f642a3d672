public import SubCore

/// A PyTorch file (`.pth`, `.pt`, `.bin`), read only: the zip form, the older stream form, and TorchScript archives.
///
/// Nothing in the file is ever run; classes other than those of tensors and plain Python are passed over.
public struct TorchFile: NamedTensors {
  public let place: String
  public let names: [String]
  /// All that was pickled, for what else a checkpoint says (`epoch`, `args`, …).
  public let content: PickleValue
  /// Entries among the weights that cannot be read (complex or quantized tensors, …), with the reason.
  public let skipped: [String]
  public let remarks: [String]
  private let container: any TorchContainer
  private let storages: [String: TorchStorage]
  private let tensors: [String: TorchTensor]

  /// Opens a file and finds the weights: under `key`, else under the first of the usual keys (`model_ema`, `model`,
  /// `state_dict` …) that holds tensors, or else in the whole. The prefixes `module.` and `_orig_mod.` are taken off.
  ///
  /// Every tensor is checked against its storage, whose data stay untouched until asked for.
  public init(_ path: String, weights key: String? = nil) throws {
    let file = try InputFile(path)
    let start = try file.read(0..<min(4, file.count))
    if start.bytes.elementsEqual(ZipArchive.signature) {
      try self.init(ZipArchive(file), weights: key)
    } else {
      try self.init(legacy: file, weights: key)
    }
  }

  init(_ archive: ZipArchive, weights key: String?) throws {
    let (container, graph) = try TorchArchive.read(archive)
    try self.init(container, graph, key)
  }

  init(legacy file: InputFile, weights key: String?) throws {
    let (container, graph) = try TorchLegacy.read(file)
    try self.init(container, graph, key)
  }

  private init(_ container: any TorchContainer, _ graph: PickleGraph, _ key: String?) throws {
    self.container = container
    place = container.file.path
    content = graph.value(graph.root)
    storages = graph.storages
    let state = try TorchStateDict(content, key: key, place: place)
    (skipped, remarks) = (state.skipped, state.remarks)
    names = state.tensors.map(\.name)
    guard !names.isEmpty else {
      throw InputError("the file holds no weights", at: place, cure: "save the model's state_dict with torch.save")
    }
    var tensors: [String: TorchTensor] = [:]
    var copied = 0
    for (name, tensor) in state.tensors {
      guard tensors.updateValue(tensor, forKey: name) == nil else {
        throw InputError("two tensors have this name", at: "\(place), tensor '\(name)'", cure: "save the weights again")
      }
      copied += try Self.check(tensor, name, container, graph.storages)
      // A tensor expanded from one number claims any size; real weights are copied once at most.
      guard copied <= 4 * container.file.count + 64 << 20 else {
        throw InputError(
          "the tensors would take \(copied) bytes, far more than the file", at: "\(place), tensor '\(name)'",
          cure: "save contiguous tensors")
      }
    }
    self.tensors = tensors
  }

  public func info(named name: String) throws -> TensorInfo {
    guard let tensor = tensors[name] else { throw unknown(name) }
    return TensorInfo(dtype: tensor.dtype, shape: tensor.shape)
  }

  /// Views that are not contiguous are gathered.
  public func array(named name: String) throws -> HostArray {
    guard let tensor = tensors[name] else { throw unknown(name) }
    if tensor.shape.contains(0) {
      return HostArray(dtype: tensor.dtype, shape: tensor.shape, buffer: HostBuffer(byteCount: 0) { _ in })
    }
    guard let storage = storages[tensor.storage] else { throw unknown(name) }
    let (buffer, range) = try container.content(of: storage)
    let byteOffset = range.lowerBound + tensor.offset * tensor.dtype.size
    let copy = tensor.copy(isSwapped: container.isSwapped)
    if copy.isIdentity {
      return HostArray(dtype: tensor.dtype, shape: tensor.shape, buffer: buffer, byteOffset: byteOffset)
    }
    return copy.array(tensor.dtype, from: buffer, byteOffset: byteOffset)
  }

  /// Checks that all elements lie inside the storage as it really is. Returns the bytes that a copy will take.
  private static func check(
    _ tensor: TorchTensor, _ name: String, _ container: any TorchContainer, _ storages: [String: TorchStorage]
  ) throws -> Int {
    func failure(_ what: String) -> InputError {
      InputError(what, at: "\(container.file.path), tensor '\(name)'", cure: "get the file again; it is damaged")
    }
    guard let storage = storages[tensor.storage] else { throw failure("its storage is not described") }
    let size = try container.size(of: storage)
    guard let claimed = ClaimedSize.bytes([storage.count], storage.elementSize ?? 1), claimed == size else {
      throw failure(
        "its storage claims \(storage.count) elements of \(storage.elementSize ?? 1) bytes and has \(size) bytes")
    }
    let copy = tensor.copy(isSwapped: container.isSwapped)
    if tensor.shape.contains(0) { return 0 }
    guard let extent = copy.extent else {
      throw failure("its strides \(ClaimedSize.text(tensor.strides)) are impossible")
    }
    let (end, overflow) = tensor.offset.addingReportingOverflow(extent)
    guard !overflow, end <= size / tensor.dtype.size else {
      throw failure("its elements end at \(end) of the \(size / tensor.dtype.size) in its storage")
    }
    return copy.isIdentity ? 0 : tensor.shape.reduce(tensor.dtype.size, *)
  }
}

extension TorchTensor {
  /// How to gather the elements.
  fileprivate func copy(isSwapped: Bool) -> StridedCopy {
    StridedCopy(elementSize: dtype.size, shape: shape, strides: strides, swapped: isSwapped)
  }
}
