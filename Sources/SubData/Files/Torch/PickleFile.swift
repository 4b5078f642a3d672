public import SubCore

/// A file of one Python pickle, read only. Nothing in it is ever run: classes and functions are names.
public enum PickleFile {
  /// What the file holds. Throws an `InputError` where it is no pickle or a damaged one.
  public static func read(_ path: String) throws -> PickleValue {
    var pickle = PickleReader(ByteReader(try InputFile(path).read(), place: path))
    let graph = try pickle.read()
    return graph.value(graph.root)
  }
}

// NumPy's arrays as they are pickled: not called into being, but recognised by the names of what would make them.
extension PickleValue {
  /// The bytes, if these are some: Python 3's `bytes`, Python 2's `str`, or what Python 3 writes for Python 2
  /// (`_codecs.encode` of Latin-1 text).
  public var rawBytes: [UInt8]? {
    switch self {
    case .bytes(let bytes): return bytes
    case .string(let text): return Array(text.utf8)
    case .object(let object):
      guard object.type == "_codecs.encode", object.arguments.count == 2, let text = object.arguments[0].string,
        ["latin1", "latin-1"].contains(object.arguments[1].string)
      else { return nil }
      let bytes = text.unicodeScalars.map { UInt8(exactly: $0.value) }
      return bytes.contains(nil) ? nil : bytes.compactMap(\.self)
    default: return nil
    }
  }

  /// The text of a string in either Python.
  public var text: String? { rawBytes.flatMap { String(validating: $0, as: UTF8.self) } }

  /// The value of a key that is text in either Python.
  public func member(_ key: String) -> PickleValue? { members?.last { $0.key.text == key }?.value }

  /// The NumPy array, if this is one of plain numbers in the machine's byte order and C's element order whose elements
  /// are exactly as many as its shape says. nil otherwise.
  public var numpyArray: HostArray? {
    guard case .object(let object) = self else { return nil }
    switch object.type {
    case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct":
      // (version, shape, dtype, whether in Fortran's order, elements)
      guard case .global("numpy.ndarray")? = object.arguments.first, case .tuple(let state) = object.state,
        state.count == 5, !state[3].isTrue
      else { return nil }
      return Self.array(state[4], shape: state[1], type: state[2])
    case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer":
      // (elements, dtype, shape, order), protocol 5
      guard object.arguments.count == 4, object.arguments[3].string == "C" else { return nil }
      return Self.array(object.arguments[0], shape: object.arguments[2], type: object.arguments[1])
    default: return nil
    }
  }

  private static func array(_ elements: PickleValue, shape: PickleValue, type: PickleValue) -> HostArray? {
    guard case .tuple(let lengths) = shape, let type = type.numpyType, let bytes = elements.rawBytes else { return nil }
    let shape = lengths.compactMap(\.int)
    guard shape.count == lengths.count, ClaimedSize.bytes(shape, type.size) == bytes.count else { return nil }
    let buffer = HostBuffer(byteCount: bytes.count) { memory in bytes.withUnsafeBytes { memory.copyMemory(from: $0) } }
    return HostArray(dtype: type, shape: shape, buffer: buffer)
  }

  /// `numpy.dtype('u1', …)` with its state `(version, byte order, …)`.
  private var numpyType: DType? {
    guard case .object(let object) = self, object.type == "numpy.dtype", let code = object.arguments.first?.text,
      case .tuple(let state) = object.state, state.count > 1, let order = state[1].text
    else { return nil }
    let isLittle = Int(littleEndian: 1) == 1
    switch (code, order) {
    case ("u1", _): return .u8
    case ("i1", _): return .i8
    case (_, isLittle ? ">" : "<"): return nil
    case ("i2", _): return .i16
    case ("i4", _): return .i32
    case ("i8", _): return .i64
    case ("f4", _): return .f32
    case ("f8", _): return .f64
    default: return nil
    }
  }

  private var isTrue: Bool {
    switch self {
    case .bool(let value): value
    case .int(let value): value != 0
    default: false
    }
  }
}
