public import SubCore

extension Safetensors {
  /// Writes a file atomically: beside, synced, renamed. The header names the tensors in the given order.
  ///
  /// Throws an `InputError` for a repeated name, or with the system's reason when writing fails; nothing is left then.
  public static func write(
    _ tensors: [(name: String, array: HostArray)], metadata: [(key: String, value: String)] = [], to path: String
  ) throws {
    let infos = tensors.map { ($0.name, TensorInfo(dtype: $0.array.dtype, shape: $0.array.shape)) }
    try write(infos, metadata: metadata, to: path) { tensors[$0].array }
  }

  /// Writes a file of the tensors of another, of which one is held at a time.
  public static func write(
    copying source: any NamedTensors, metadata: [(key: String, value: String)] = [], to path: String
  ) throws {
    let names = source.names
    try write(names.map { ($0, try source.info(named: $0)) }, metadata: metadata, to: path) {
      try Interruption.check()
      return try source.array(named: names[$0])
    }
  }

  /// Writes a file atomically without holding its tensors: `array` is asked for each of `tensors`, by its position,
  /// when its turn to be written comes. It must have the announced type and shape.
  ///
  /// The format allows no gaps, so wider elements are stored first: every tensor then lies aligned to its element.
  public static func write(
    _ tensors: [(name: String, info: TensorInfo)], metadata: [(key: String, value: String)] = [], to path: String,
    array: (_ position: Int) throws -> HostArray
  ) throws {
    let order = tensors.indices.sorted {
      (-tensors[$0].info.dtype.size, $0) < (-tensors[$1].info.dtype.size, $1)
    }
    let header = try header(tensors, order: order, metadata: metadata, place: path)
    try AtomicFile.write(to: path) { file in
      try file.write(header)
      for position in order {
        let array = try array(position)
        let (name, info) = tensors[position]
        precondition(
          array.dtype == info.dtype && array.shape == info.shape,
          "Safetensors.write: '\(name)' announced as \(info.shape) \(info.dtype), is \(array.shape) \(array.dtype)")
        try file.write(array)
      }
    }
  }

  /// The u64 length and the JSON header, padded with spaces to a multiple of 8 bytes.
  private static func header(
    _ tensors: [(name: String, info: TensorInfo)], order: [Int], metadata: [(key: String, value: String)], place: String
  ) throws -> [UInt8] {
    var begins = [Int](repeating: 0, count: tensors.count)
    var end = 0
    for position in order {
      begins[position] = end
      end += tensors[position].info.byteCount
    }
    var header = JSON.Object()
    if !metadata.isEmpty {
      var object = JSON.Object()
      for (key, value) in metadata { object[key] = .string(value) }
      header["__metadata__"] = .object(object)
    }
    for (position, (name, info)) in tensors.enumerated() {
      let entry: JSON = [
        "dtype": .string(info.dtype.safetensors),
        "shape": .array(info.shape.map { .integer(Int64($0)) }),
        "data_offsets": [.integer(Int64(begins[position])), .integer(Int64(begins[position] + info.byteCount))],
      ]
      guard name != "__metadata__", header.add(name, entry) else {
        throw InputError(
          "two tensors of this name cannot be written", at: "\(place), tensor '\(name)'", cure: "rename one")
      }
    }
    var text = JSON.object(header).bytes()
    text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - text.count % 8) % 8))
    return withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
  }
}
