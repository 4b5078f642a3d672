import SubCore

/// The stream form of `torch.save` before 1.6: pickles of a magic number, a version, the system, the object and the
/// list of storages, then each storage as its length and its raw elements, lowest byte first on every system.
struct TorchLegacy: TorchContainer {
  let file: InputFile
  private let ranges: [String: Range<Int>]

  var isSwapped: Bool { Int(littleEndian: 1) != 1 }
  /// 0x1950a86a20f9469cfc6c, lowest byte first.
  private static let magic: [UInt8] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19]

  /// Reads the pickles and where each storage lies.
  static func read(_ file: InputFile) throws -> (TorchLegacy, PickleGraph) {
    var reader = ByteReader(try file.read(), place: file.path)
    guard case .large(let magic) = try next(&reader).rootNode, magic == Self.magic else {
      throw reader.failure(
        "a pickle, but none that torch.save wrote", at: 0, cure: "save the weights with torch.save or as safetensors")
    }
    guard case .int(1001) = try next(&reader).rootNode else {
      throw reader.failure(
        "an unknown version of torch.save's format", cure: "save the weights again with a newer PyTorch")
    }
    _ = try next(&reader)
    let graph = try next(&reader)
    let keys = try next(&reader)
    guard case .list(let keyNodes) = keys.rootNode else { throw reader.failure("the list of storages is missing") }
    var ranges: [String: Range<Int>] = [:]
    for node in keyNodes {
      guard case .string(let key) = keys.nodes[node] else { throw reader.failure("the list of storages is damaged") }
      let start = reader.offset
      let count = try reader.size(UInt64.self)
      guard let size = graph.storages[key]?.elementSize else {
        throw reader.failure("the type of storage '\(key)' is not known", at: start)
      }
      let (bytes, overflow) = count.multipliedReportingOverflow(by: size)
      guard !overflow, bytes <= reader.remaining else {
        throw reader.failure(
          "storage '\(key)' claims \(count) elements of \(size) bytes, \(reader.remaining) bytes are left", at: start,
          cure: "get the file again; it is cut short")
      }
      ranges[key] = try reader.take(bytes)
    }
    return (TorchLegacy(file: file, ranges: ranges), graph)
  }

  private static func next(_ reader: inout ByteReader) throws -> PickleGraph {
    var pickle = PickleReader(reader)
    let graph = try pickle.read()
    reader = pickle.reader
    return graph
  }

  func size(of storage: TorchStorage) throws -> Int { try range(storage).count }

  func content(of storage: TorchStorage) throws -> (buffer: HostBuffer, range: Range<Int>) {
    let buffer = try file.read(range(storage))
    return (buffer, 0..<buffer.bytes.count)
  }

  private func range(_ storage: TorchStorage) throws -> Range<Int> {
    guard let range = ranges[storage.key] else { throw failure("the file does not hold this storage", storage) }
    return range
  }
}

extension PickleGraph {
  /// What the pickle as a whole is.
  fileprivate var rootNode: Node { nodes[root] }
}
