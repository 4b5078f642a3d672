public import SubCore

/// A network as ONNX writes it (opset 17): inputs, constants, operations, outputs. Values are known by name.
public struct OnnxGraph {
  /// A value of the graph.
  public struct Value: Sendable, Hashable {
    /// What it is called.
    public let name: String

    /// The value of a name that is known.
    public init(name: String) { self.name = name }
  }

  /// The length of an axis.
  public enum Axis: Sendable {
    case fixed(Int)
    /// Of any length, by its name: `batch`.
    case named(String)
  }

  /// An attribute of an operation.
  public enum Attribute: Sendable {
    case integer(Int)
    case integers([Int])
    case number(Float)
  }

  /// The operations' version, and that of the file format.
  static let (opset, format) = (17, 8)

  private var nodes: [ProtoMessage] = []
  private var inputs: [ProtoMessage] = []
  private var outputs: [ProtoMessage] = []
  /// Constants in the order of their making.
  private(set) var constants: [(name: String, array: HostArray)] = []
  private var known: Set<String> = []
  private var numbers: [String: Int] = [:]
  /// What the file says of itself beside the graph.
  public var metadata: [(key: String, value: String)] = []

  /// An empty graph.
  public init() {}

  /// An input.
  public mutating func input(_ name: String, _ type: DType, _ axes: [Axis]) -> Value {
    inputs.append(Self.declaration(name, type, axes))
    known.insert(name)
    return Value(name: name)
  }

  /// Makes a value, f32, an output of that name.
  public mutating func output(_ name: String, _ value: Value, _ axes: [Axis]) {
    append("Identity", [value.name], [name], name, [])
    outputs.append(Self.declaration(name, .f32, axes))
  }

  /// Whether an input or a constant has that name.
  public func knows(_ name: String) -> Bool { known.contains(name) }

  /// A constant under a name of its own; the same name twice is the same constant.
  public mutating func constant(_ name: String, _ array: HostArray) -> Value {
    if known.insert(name).inserted { constants.append((name, array)) }
    return Value(name: name)
  }

  /// Whole numbers, i64: shapes, indices.
  public mutating func integers(_ values: [Int], shape: [Int]? = nil) -> Value {
    let array = HostArray(values.map { Int64($0) }, shape: shape ?? [values.count])
    if values.count > 8 { return constant(fresh("indices"), array) }
    let name = "int" + (shape == [] ? "" : "s") + values.map { "_\($0)" }.joined()
    return constant(name, array)
  }

  /// A number, f32.
  public mutating func number(_ value: Float) -> Value {
    constant("number_\(value)", HostArray([value], shape: []))
  }

  /// The only result of an operation.
  public mutating func callAsFunction(
    _ operation: String, _ inputs: Value..., attributes: [(String, Attribute)] = []
  ) -> Value {
    self(operation, inputs, attributes: attributes)
  }

  /// The only result of an operation on a list.
  public mutating func callAsFunction(
    _ operation: String, _ inputs: [Value], attributes: [(String, Attribute)] = []
  ) -> Value {
    let name = fresh(operation)
    append(operation, inputs.map(\.name), [name], name, attributes)
    return Value(name: name)
  }

  private mutating func fresh(_ kind: String) -> String {
    numbers[kind, default: 0] += 1
    return "\(kind.lowercased())_\(numbers[kind]!)"
  }

  private mutating func append(
    _ operation: String, _ inputs: [String], _ outputs: [String], _ name: String, _ attributes: [(String, Attribute)]
  ) {
    var node = ProtoMessage()
    for input in inputs { node.append(1, input) }
    for output in outputs { node.append(2, output) }
    node.append(3, "node_\(name)")
    node.append(4, operation)
    for (name, value) in attributes {
      var attribute = ProtoMessage()
      attribute.append(1, name)
      switch value {
      case .number(let number):
        attribute.append(2, number)
        attribute.append(20, 1)
      case .integer(let integer):
        attribute.append(3, integer)
        attribute.append(20, 2)
      case .integers(let integers):
        for integer in integers { attribute.append(8, integer) }
        attribute.append(20, 7)
      }
      node.append(5, attribute)
    }
    nodes.append(node)
  }

  /// The model with its constants as `initializer` writes them. ModelProto: ir_version 1, producer_name 2,
  /// producer_version 3, graph 7, opset_import 8, metadata_props 14.
  func model(producer: String, version: String, initializers: [ProtoMessage]) -> ProtoMessage {
    var graph = ProtoMessage()
    for node in nodes { graph.append(1, node) }
    graph.append(2, producer)
    for initializer in initializers { graph.append(5, initializer) }
    for input in inputs { graph.append(11, input) }
    for output in outputs { graph.append(12, output) }
    var operations = ProtoMessage()
    operations.append(1, "")
    operations.append(2, Self.opset)
    var model = ProtoMessage()
    model.append(1, Self.format)
    model.append(2, producer)
    model.append(3, version)
    model.append(7, graph)
    model.append(8, operations)
    for (key, value) in metadata {
      var entry = ProtoMessage()
      entry.append(1, key)
      entry.append(2, value)
      model.append(14, entry)
    }
    return model
  }

  /// ValueInfoProto: name 1, type 2 { tensor_type 1 { elem_type 1, shape 2 { dim 1 { dim_value 1, dim_param 2 } } } }.
  private static func declaration(_ name: String, _ type: DType, _ axes: [Axis]) -> ProtoMessage {
    var shape = ProtoMessage()
    for axis in axes {
      var length = ProtoMessage()
      switch axis {
      case .fixed(let count): length.append(1, count)
      case .named(let name): length.append(2, name)
      }
      shape.append(1, length)
    }
    var (tensor, kind, value) = (ProtoMessage(), ProtoMessage(), ProtoMessage())
    tensor.append(1, type.onnx)
    tensor.append(2, shape)
    kind.append(1, tensor)
    value.append(1, name)
    value.append(2, kind)
    return value
  }
}

extension DType {
  /// ONNX's number of the type.
  var onnx: Int {
    switch self {
    case .f32: 1
    case .u8: 2
    case .i8: 3
    case .u16: 4
    case .i16: 5
    case .i32: 6
    case .i64: 7
    case .bool: 9
    case .f16: 10
    case .f64: 11
    case .u32: 12
    case .u64: 13
    case .bf16: 16
    }
  }
}
