import SubCore

/// What PyTorch's pickles call, understood without calling anything.
extension PickleReader {
  /// What a callable makes of its arguments, put on the stack.
  mutating func reduce(_ callable: Int, _ arguments: [Int]) throws {
    guard case .global(let name) = graph.nodes[callable] else { return try push(.opaque("the result of a call")) }
    try reduce(name, arguments)
  }

  /// What the callable of this name makes of its arguments; an object of unknown class for names that mean nothing.
  mutating func reduce(_ name: String, _ arguments: [Int]) throws {
    switch name {
    case "collections.OrderedDict", "collections.defaultdict", "builtins.dict", "__builtin__.dict":
      try push(.dictionary(try items(of: arguments.last)))
    case "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset":
      try push(.set(try arguments.first.map { try elements($0) } ?? []))
    case "builtins.list", "__builtin__.list": try push(.list(try arguments.first.map { try elements($0) } ?? []))
    case "torch.Size", "builtins.tuple": try push(.tuple(try arguments.first.map { try elements($0) } ?? []))
    case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2": try tensor(arguments, dtype: nil)
    case "torch._utils._rebuild_tensor_v3":
      guard arguments.count >= 7 else { throw failure("the pickle is damaged: a tensor of \(arguments.count) parts") }
      try tensor(arguments, dtype: arguments[6])
    case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
      "torch.nn.parameter._rebuild_parameter":
      try first(arguments)
    case "torch._tensor._rebuild_from_type_v2":
      // (function, class, its arguments, attributes): a subclass of Tensor, taken as the tensor it is.
      guard arguments.count >= 3, case .global(let function) = graph.nodes[arguments[0]],
        function != "torch._tensor._rebuild_from_type_v2"
      else { throw failure("the pickle is damaged: no tensor") }
      try reduce(function, try elements(arguments[2]))
    case "copy_reg._reconstructor", "copyreg._reconstructor":
      guard let type = arguments.first, case .global(let name) = graph.nodes[type] else {
        throw failure("the pickle is damaged: no class")
      }
      try push(.object(.init(type: name, arguments: Array(arguments.dropFirst()))))
    case _ where name.hasPrefix("torch.jit._pickle."):  // typed lists of TorchScript
      try first(arguments)
    default: try push(.object(.init(type: name, arguments: arguments)))
    }
  }

  /// An object that the file keeps outside the pickle: a storage, or (very old files) a class with its source.
  mutating func persistent(_ parts: [Int]) throws {
    guard let kind = parts.first, case .string(let kind) = graph.nodes[kind] else {
      return try push(.opaque("an outside object"))
    }
    if kind == "module", parts.count >= 2 { return pushAgain(parts[1]) }
    guard kind == "storage", parts.count >= 5 else { return try push(.opaque("an outside object")) }
    let typeName =
      switch graph.nodes[parts[1]] {
      case .global(let name): name
      default: ""
      }
    let key: String
    if case .int(let number) = graph.nodes[parts[2]] { key = "\(number)" } else { key = try string(parts[2]) }
    let isUntyped = typeName.hasSuffix("UntypedStorage")
    var storage = TorchStorage(
      key: key, dtype: isUntyped ? nil : Self.storageType(typeName), typeName: typeName, count: try size(parts[4]))
    if let known = graph.storages.updateValue(storage, forKey: key) {
      guard known.typeName == typeName, known.count == storage.count else {
        throw failure("the storage '\(key)' is described in two ways")
      }
    }
    if parts.count > 5, case .tuple(let view) = graph.nodes[parts[5]], view.count >= 2 {
      storage.viewOffset = try size(view[1])
    }
    try push(.storage(storage))
  }

  private mutating func first(_ arguments: [Int]) throws {
    guard let first = arguments.first else { throw failure("the pickle is damaged: a call without arguments") }
    pushAgain(first)
  }

  /// The items that a dictionary is made from: another dictionary's, or a list of pairs.
  private mutating func items(of argument: Int?) throws -> [(key: Int, value: Int)] {
    guard let argument else { return [] }
    switch graph.nodes[argument] {
    case .dictionary(let items):
      try charge(items.count)
      return items
    case .list(let pairs), .tuple(let pairs):
      try charge(pairs.count)
      return try pairs.map { pair in
        let pair = try elements(pair)
        guard pair.count == 2 else { throw failure("the pickle is damaged: a key with its value expected") }
        return (pair[0], pair[1])
      }
    default: return []
    }
  }

  /// (storage, offset, shape, strides, …), with a type of its own where the storage has none.
  private mutating func tensor(_ arguments: [Int], dtype: Int?) throws {
    guard arguments.count >= 4 else { throw failure("the pickle is damaged: a tensor of \(arguments.count) parts") }
    guard case .storage(let storage) = graph.nodes[arguments[0]] else {
      return try push(.opaque("a tensor without storage"))
    }
    let typeName: String
    let type: DType?
    if let dtype {
      guard case .global(let name) = graph.nodes[dtype] else { throw failure("the pickle is damaged: no type") }
      (typeName, type) = (name, Self.tensorType(name))
    } else {
      (typeName, type) = (storage.typeName, storage.dtype)
    }
    guard let type else { return try push(.opaque("a tensor of \(typeName)")) }
    let shape = try elements(arguments[2]).map { try size($0) }
    let strides = try elements(arguments[3]).map { try size($0) }
    let (offset, overflow) = try size(arguments[1]).addingReportingOverflow(storage.viewOffset)
    guard shape.count == strides.count, shape.count <= 64, !overflow, ClaimedSize.bytes(shape, type.size) != nil else {
      throw failure("a tensor of impossible shape \(ClaimedSize.text(shape)), strides \(ClaimedSize.text(strides))")
    }
    try push(
      .tensor(TorchTensor(storage: storage.key, dtype: type, shape: shape, strides: strides, offset: offset)))
  }

  /// `torch.FloatStorage`, `torch.cuda.HalfStorage`, … as the type of their elements.
  private static func storageType(_ name: String) -> DType? {
    switch name.split(separator: ".").last {
    case "DoubleStorage": .f64
    case "FloatStorage": .f32
    case "HalfStorage": .f16
    case "BFloat16Storage": .bf16
    case "LongStorage": .i64
    case "IntStorage": .i32
    case "ShortStorage": .i16
    case "CharStorage": .i8
    case "ByteStorage": .u8
    case "BoolStorage": .bool
    default: nil
    }
  }

  /// `torch.float32`, `torch.uint16`, … as a type.
  private static func tensorType(_ name: String) -> DType? {
    switch name {
    case "torch.float64", "torch.double": .f64
    case "torch.float32", "torch.float": .f32
    case "torch.float16", "torch.half": .f16
    case "torch.bfloat16": .bf16
    case "torch.int64", "torch.long": .i64
    case "torch.int32", "torch.int": .i32
    case "torch.int16", "torch.short": .i16
    case "torch.int8": .i8
    case "torch.uint64": .u64
    case "torch.uint32": .u32
    case "torch.uint16": .u16
    case "torch.uint8": .u8
    case "torch.bool": .bool
    default: nil
    }
  }
}
