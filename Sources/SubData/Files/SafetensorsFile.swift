public import SubCore

/// One `.safetensors` file: u64 header length, JSON header, raw little-endian row-major data.
public struct SafetensorsFile: NamedTensors {
  public let place: String
  public let names: [String]
  /// The header's `__metadata__`, in its order.
  public let metadata: [(key: String, value: String)]
  private let file: InputFile
  private let tensors: [String: (info: TensorInfo, byteOffset: Int)]

  /// The longest header that the format allows, in bytes.
  static let headerLimit = 100_000_000

  /// Reads and checks the whole header: names, types, shapes, and that the tensors fill the data exactly.
  public init(_ path: String) throws {
    place = path
    file = try InputFile(path)
    var reader = ByteReader(try file.read(0..<min(8, file.count)), place: path)
    guard file.count >= 8 else { throw reader.failure("too short for a safetensors file (\(file.count) bytes)") }
    let length = try reader.size(UInt64.self)
    guard length <= Self.headerLimit, length <= file.count - 8 else {
      throw reader.failure(
        "the header claims \(length) bytes, the file has \(file.count - 8) more", at: 0,
        cure: "get the file again; it is cut short or no safetensors file")
    }
    let range = 8..<(8 + length)
    let text = try file.read(range)
    let parsed = try withExtendedLifetime(text) { try JSON.parse(text.bytes, at: "\(path), safetensors header") }
    guard let header = parsed.object else {
      throw reader.failure("the header is no JSON object", at: 8)
    }

    var entries: [SafetensorsEntry] = []
    var metadata: [(key: String, value: String)] = []
    for member in header.members {
      if member.key == "__metadata__" {
        metadata = try Self.metadata(member.value, place: path)
      } else {
        entries.append(try SafetensorsEntry(member.key, member.value, place: path))
      }
    }
    try Self.checkLayout(entries, dataSize: file.count - range.upperBound, place: path)

    var tensors: [String: (info: TensorInfo, byteOffset: Int)] = [:]
    for entry in entries {
      let value = (info: entry.info, byteOffset: range.upperBound + entry.offsets.lowerBound)
      guard tensors.updateValue(value, forKey: entry.name) == nil else {
        throw entry.failure("another tensor's name differs from this one only in its Unicode form", place: path)
      }
    }
    // A tensor that several names share is stored once; metadata tells its other names, as safetensors' save_model writes
    // them.
    var aliases: [String] = []
    for (alias, name) in metadata where tensors[alias] == nil {
      guard let tensor = tensors[name] else { continue }
      tensors[alias] = tensor
      aliases.append(alias)
    }
    self.tensors = tensors
    self.metadata = metadata
    names = entries.map(\.name) + aliases
  }

  public func info(named name: String) throws -> TensorInfo {
    guard let tensor = tensors[name] else { throw unknown(name) }
    return tensor.info
  }

  public func array(named name: String) throws -> HostArray {
    guard let tensor = tensors[name] else { throw unknown(name) }
    let range = tensor.byteOffset..<(tensor.byteOffset + tensor.info.byteCount)
    return HostArray(dtype: tensor.info.dtype, shape: tensor.info.shape, buffer: try file.read(range))
  }

  private static func metadata(_ value: JSON, place: String) throws -> [(key: String, value: String)] {
    let failure = InputError(
      "the header's __metadata__ is no object of strings", at: "\(place), safetensors header",
      cure: "write the file again with metadata of strings only")
    guard let object = value.object else { throw failure }
    return try object.members.map { member in
      guard let text = member.value.string else { throw failure }
      return (member.key, text)
    }
  }

  /// Sorted by offset, each tensor must begin where the one before ends, and the last must end with the file.
  private static func checkLayout(_ entries: [SafetensorsEntry], dataSize: Int, place: String) throws {
    var end = 0
    let sorted = entries.sorted {
      ($0.offsets.lowerBound, $0.offsets.upperBound) < ($1.offsets.lowerBound, $1.offsets.upperBound)
    }
    for entry in sorted {
      guard entry.offsets.upperBound <= dataSize else {
        throw entry.failure(
          "its data would end at byte \(entry.offsets.upperBound) of \(dataSize)", place: place,
          cure: "get the file again; it is cut short")
      }
      guard entry.offsets.lowerBound == end else {
        throw entry.failure(
          entry.offsets.lowerBound < end
            ? "its data overlap those of another tensor"
            : "\(entry.offsets.lowerBound - end) unnamed bytes before its data",
          place: place)
      }
      end = entry.offsets.upperBound
    }
    guard end == dataSize else {
      throw InputError(
        "\(dataSize - end) bytes after the last tensor belong to none", at: place,
        cure: "get the file again; it is damaged")
    }
  }
}

/// One tensor as the header describes it.
private struct SafetensorsEntry {
  let name: String
  let info: TensorInfo
  /// Relative to the first byte after the header.
  let offsets: Range<Int>

  init(_ name: String, _ value: JSON, place: String) throws {
    self.name = name
    func failure(_ what: String) -> InputError { Self.failure(what, name: name, place: place) }
    guard let object = value.object else { throw failure("its header entry is no object") }
    guard let typeName = object["dtype"]?.string else { throw failure("its header entry has no dtype") }
    guard let dtype = DType(safetensors: typeName) else {
      throw Self.failure(
        "its type \(typeName) is not supported", name: name, place: place,
        cure: "convert it to one of \(DType.allCases.map(\.safetensors).joined(separator: ", "))")
    }
    guard let lengths = object["shape"]?.array else { throw failure("its header entry has no shape") }
    let shape = try lengths.map { length -> Int in
      guard let length = length.int, length >= 0 else { throw failure("its shape holds something other than lengths") }
      return length
    }
    guard let bounds = object["data_offsets"]?.array, bounds.count == 2, let begin = bounds[0].int,
      let end = bounds[1].int, 0 <= begin, begin <= end
    else { throw failure("its header entry has no data_offsets [begin, end]") }
    guard let size = ClaimedSize.bytes(shape, dtype.size) else {
      throw failure("its shape \(ClaimedSize.text(shape)) is impossibly large")
    }
    guard size == end - begin else {
      throw failure("\(ClaimedSize.text(shape)) of \(dtype) needs \(size) bytes, its offsets hold \(end - begin)")
    }
    info = TensorInfo(dtype: dtype, shape: shape)
    offsets = begin..<end
  }

  func failure(_ what: String, place: String, cure: String? = nil) -> InputError {
    Self.failure(what, name: name, place: place, cure: cure)
  }

  private static func failure(_ what: String, name: String, place: String, cure: String? = nil) -> InputError {
    InputError(what, at: "\(place), tensor '\(name)'", cure: cure ?? "get the file again; its header is damaged")
  }
}

extension DType {
  /// The name in safetensors headers: `F32`, `BF16`, `BOOL`, …
  public var safetensors: String { rawValue.uppercased() }
  /// The type of a safetensors name; nil for types that have no counterpart here.
  public init?(safetensors name: String) {
    guard let type = Self.allCases.first(where: { $0.safetensors == name }) else { return nil }
    self = type
  }
}
