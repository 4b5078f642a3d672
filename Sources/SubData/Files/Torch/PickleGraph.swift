import SubCore

/// The objects of a pickle, by number, so that lists may hold themselves and shared objects are kept once.
struct PickleGraph {
  /// One object; references are positions in `nodes`.
  enum Node {
    case none
    case bool(Bool)
    case int(Int64)
    /// A whole number beyond 64 bits, lowest byte first.
    case large([UInt8])
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case list([Int])
    case tuple([Int])
    case set([Int])
    case dictionary([(key: Int, value: Int)])
    case global(String)
    case object(Object)
    case storage(TorchStorage)
    case tensor(TorchTensor)
    case opaque(String)
  }

  struct Object {
    let type: String
    let arguments: [Int]
    var state: Int?
    var items: [(key: Int, value: Int)] = []
  }

  var nodes: [Node] = []
  /// What the pickle as a whole is.
  var root = 0
  /// Storages by name, with the type that gives their size.
  var storages: [String: TorchStorage] = [:]

  /// How deep values may nest before they are cut off; what shared objects nest below their place counts, too, so that
  /// neither walking a value nor freeing it can exhaust the stack.
  private static let depthLimit = 100

  /// An object and all it holds as a value. Shared parts stay shared, so the value is no larger than the graph.
  func value(_ position: Int) -> PickleValue {
    var converter = Converter(graph: self)
    return converter.value(position, depth: 0)
  }

  private struct Converter {
    let graph: PickleGraph
    var done: [Int: (value: PickleValue, height: Int)] = [:]
    var open: Set<Int> = []
    /// How many levels nest below the objects that were converted since this was 0.
    private var height = 0

    init(graph: PickleGraph) { self.graph = graph }

    mutating func value(_ position: Int, depth: Int) -> PickleValue {
      if let (value, below) = done[position] {
        if depth + below > PickleGraph.depthLimit { return .opaque("nested too deeply") }
        height = max(height, below + 1)
        return value
      }
      if depth > PickleGraph.depthLimit { return .opaque("nested too deeply") }
      guard open.insert(position).inserted else { return .opaque("a cycle") }
      let beside = height
      height = 0
      let value = convert(graph.nodes[position], depth + 1)
      open.remove(position)
      done[position] = (value, height)
      height = max(beside, height + 1)
      return value
    }

    private mutating func convert(_ node: Node, _ depth: Int) -> PickleValue {
      switch node {
      case .none: .none
      case .bool(let value): .bool(value)
      case .int(let value): .int(value)
      case .large: .opaque("a number beyond 64 bits")
      case .float(let value): .float(value)
      case .string(let value): .string(value)
      case .bytes(let value): .bytes(value)
      case .list(let elements): .list(elements.map { value($0, depth: depth) })
      case .tuple(let elements): .tuple(elements.map { value($0, depth: depth) })
      case .set(let elements): .set(elements.map { value($0, depth: depth) })
      case .dictionary(let items): .dictionary(members(items, depth))
      case .global(let name): .global(name)
      case .tensor(let tensor): .tensor(tensor)
      case .storage: .opaque("a storage")
      case .opaque(let what): .opaque(what)
      case .object(let object):
        .object(
          PickleObject(
            type: object.type, arguments: object.arguments.map { value($0, depth: depth) },
            state: object.state.map { value($0, depth: depth) } ?? .none, items: members(object.items, depth)))
      }
    }

    private mutating func members(
      _ items: [(key: Int, value: Int)], _ depth: Int
    ) -> [(key: PickleValue, value: PickleValue)] {
      items.map { (value($0.key, depth: depth), value($0.value, depth: depth)) }
    }
  }
}

/// A storage as a pickle names it: raw elements that lie elsewhere in the file.
struct TorchStorage {
  let key: String
  /// The type of its elements; nil for bytes that get a type only from the tensor (UntypedStorage).
  let dtype: DType?
  /// What was pickled as its type, for messages.
  let typeName: String
  /// The number of elements claimed (bytes where untyped).
  let count: Int
  /// Where a view of a storage begins, in elements. Only very old files have views.
  var viewOffset = 0

  /// Bytes per element; nil for types unknown here.
  var elementSize: Int? {
    if let dtype { return dtype.size }
    return switch typeName.split(separator: ".").last {
    case "UntypedStorage", "QInt8Storage", "QUInt8Storage", "QUInt4x2Storage", "QUInt2x4Storage": 1
    case "QInt32Storage": 4
    case "ComplexFloatStorage": 8
    case "ComplexDoubleStorage": 16
    default: nil
    }
  }
}
