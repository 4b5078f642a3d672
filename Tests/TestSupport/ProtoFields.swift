import SubCore
import SubData

/// A protocol-buffer message, read back by hand.
public struct ProtoFields {
  /// A field's content.
  public enum Content: Equatable {
    case integer(Int)
    case bits32(UInt32)
    case bits64(UInt64)
    case bytes([UInt8])
  }

  /// The fields in their order.
  public private(set) var fields: [(number: Int, content: Content)] = []

  /// Reads a message; nil where the bytes are none.
  public init?(_ bytes: [UInt8]) {
    var index = 0
    func varint() -> UInt64? {
      var (value, shift): (UInt64, UInt64) = (0, 0)
      while index < bytes.count, shift < 64 {
        let byte = bytes[index]
        index += 1
        value |= UInt64(byte & 127) << shift
        if byte < 128 { return value }
        shift += 7
      }
      return nil
    }
    func fixed(_ count: Int) -> UInt64? {
      guard index + count <= bytes.count else { return nil }
      defer { index += count }
      return bytes[index..<index + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    while index < bytes.count {
      guard let key = varint() else { return nil }
      let number = Int(key >> 3)
      switch key & 7 {
      case 0:
        guard let value = varint() else { return nil }
        fields.append((number, .integer(Int(Int64(bitPattern: value)))))
      case 1:
        guard let value = fixed(8) else { return nil }
        fields.append((number, .bits64(value)))
      case 5:
        guard let value = fixed(4) else { return nil }
        fields.append((number, .bits32(UInt32(value))))
      case 2:
        guard let length = varint(), index + Int(length) <= bytes.count else { return nil }
        fields.append((number, .bytes(Array(bytes[index..<index + Int(length)]))))
        index += Int(length)
      default: return nil
      }
    }
  }

  /// The messages of a field.
  public func messages(_ number: Int) -> [ProtoFields] {
    bytes(number).compactMap { ProtoFields($0) }
  }

  /// The texts of a field.
  public func texts(_ number: Int) -> [String] { bytes(number).map { String(decoding: $0, as: UTF8.self) } }

  /// The byte strings of a field.
  public func bytes(_ number: Int) -> [[UInt8]] {
    fields.compactMap { if $0.number == number, case .bytes(let bytes) = $0.content { bytes } else { nil } }
  }

  /// The integers of a field.
  public func integers(_ number: Int) -> [Int] {
    fields.compactMap { if $0.number == number, case .integer(let value) = $0.content { value } else { nil } }
  }
}

/// An ONNX file's graph, as far as tests look at it.
public struct OnnxFile {
  /// The model and its graph.
  public let model, graph: ProtoFields

  /// Reads a file.
  public init(_ path: String) throws {
    guard let model = ProtoFields(try TemporaryFolder.bytes(path)), let graph = model.messages(7).first else {
      throw InputError("no ONNX model", at: path, cure: "mend the writer")
    }
    (self.model, self.graph) = (model, graph)
  }

  /// Operations in order: kind, inputs, outputs.
  public var nodes: [(kind: String, inputs: [String], outputs: [String])] {
    graph.messages(1).map { ($0.texts(4)[0], $0.texts(1), $0.texts(2)) }
  }

  /// Constants: name, shape, bytes that lie in the file.
  public var constants: [(name: String, shape: [Int], bytes: [UInt8]?)] {
    graph.messages(5).map { ($0.texts(8)[0], $0.integers(1), $0.bytes(9).first) }
  }

  /// Inputs with the lengths of their axes, or their names.
  public var inputs: [(name: String, axes: [String])] { declarations(11) }
  /// Outputs likewise.
  public var outputs: [(name: String, axes: [String])] { declarations(12) }

  /// What is wrong with the graph: values that are used before they are made, or made twice, and outputs that nobody makes.
  public var faults: [String] {
    var known = Set(inputs.map(\.name) + constants.map(\.name))
    var faults = known.count == inputs.count + constants.count ? [] : ["two values of one name"]
    for node in nodes {
      faults += node.inputs.filter { !known.contains($0) }.map { "\(node.kind) reads \($0)" }
      faults += node.outputs.filter { !known.insert($0).inserted }.map { "\(node.kind) makes \($0) again" }
    }
    return faults + outputs.filter { !known.contains($0.name) }.map { "nobody makes \($0.name)" }
  }

  private func declarations(_ field: Int) -> [(name: String, axes: [String])] {
    graph.messages(field).map { value in
      let shape = value.messages(2).first?.messages(1).first?.messages(2).first
      let axes = shape?.messages(1).map { $0.integers(1).first.map { "\($0)" } ?? $0.texts(2).first ?? "?" }
      return (value.texts(1)[0], axes ?? [])
    }
  }
}
