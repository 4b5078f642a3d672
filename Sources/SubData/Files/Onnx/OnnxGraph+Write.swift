import SubCore

extension OnnxGraph {
  /// What a protocol-buffer file may hold at most.
  public static let largestFile = 1 << 31 - 1

  /// Writes the graph as an `.onnx` file. Where its constants would make it larger than such a file may be, they go into a
  /// file beside it, `PATH.data`. Says which files were written.
  @discardableResult
  public func write(
    to path: String, producer: String = "masksub", version: String, largest: Int = largestFile
  ) throws -> [String] {
    let total = constants.reduce(0) { $0 + $1.array.byteCount }
    // What the graph itself takes is far less than this.
    let isBeside = total + 64 << 20 > largest && total > largest / 2
    let data = path + ".data"
    var offset = 0
    let initializers = constants.map { constant -> ProtoMessage in
      defer { offset += Self.aligned(constant.array.byteCount) }
      return Self.initializer(constant, at: isBeside && constant.array.byteCount > 64 ? (data, offset) : nil)
    }
    if isBeside {
      try AtomicFile.write(to: data) { file in
        for constant in constants {
          try file.write(constant.array)
          let rest = Self.aligned(constant.array.byteCount) - constant.array.byteCount
          try file.write([UInt8](repeating: 0, count: rest))
        }
      }
    }
    try AtomicFile.write(to: path) { file in
      try model(producer: producer, version: version, initializers: initializers).write(to: file)
    }
    return [path] + (isBeside ? [data] : [])
  }

  private static func aligned(_ count: Int) -> Int { (count + 4095) / 4096 * 4096 }

  /// TensorProto: dims 1, data_type 2, name 8, raw_data 9, external_data 13 { key 1, value 2 }, data_location 14.
  private static func initializer(_ constant: (name: String, array: HostArray), at place: (file: String, offset: Int)?)
    -> ProtoMessage
  {
    var tensor = ProtoMessage()
    for length in constant.array.shape { tensor.append(1, length) }
    tensor.append(2, constant.array.dtype.onnx)
    tensor.append(8, constant.name)
    guard let place else {
      tensor.append(9, bytesOf: constant.array)
      return tensor
    }
    let entries = [
      ("location", FileSystem.name(place.file)), ("offset", "\(place.offset)"),
      ("length", "\(constant.array.byteCount)"),
    ]
    for (key, value) in entries {
      var entry = ProtoMessage()
      entry.append(1, key)
      entry.append(2, value)
      tensor.append(13, entry)
    }
    tensor.append(14, 1)
    return tensor
  }
}
