public import SubCore

/// NumPy's `.npy` files: one array of numbers.
public enum Npy {
  /// Reads a file, format versions 1 to 3, either byte order, C or Fortran order. Objects, strings, records, dates and
  /// complex numbers are refused.
  public static func read(_ path: String) throws -> HostArray {
    let (file, header) = try open(path)
    var reader = ByteReader(try file.read(header.byteCount..<file.count), place: path, origin: header.byteCount)
    return try array(header, &reader)
  }

  /// Type and shape, from the header alone; the file's size is checked.
  public static func info(_ path: String) throws -> TensorInfo {
    let header = try open(path).header
    return TensorInfo(dtype: header.dtype, shape: header.shape)
  }

  /// A file whose header has been read and fits its size; the data stay where they are.
  static func open(_ path: String) throws -> (file: InputFile, header: NpyHeader) {
    let file = try InputFile(path)
    var reader = ByteReader(try file.read(0..<min(file.count, NpyHeader.limit + 12)), place: path)
    let header = try NpyHeader(&reader)
    try check(header, reader, following: file.count - header.byteCount)
    return (file, header)
  }

  /// Writes a file atomically, version 1, C order, little-endian. NumPy has no bfloat16: bf16 is written as f32, which
  /// holds the same numbers.
  public static func write(_ array: HostArray, to path: String) throws {
    let array = writable(array)
    try AtomicFile.write(to: path) { file in
      try file.write(header(array))
      try file.write(array)
    }
  }

  /// The array whose header was read, from the reader's position.
  static func array(_ header: NpyHeader, _ reader: inout ByteReader) throws -> HostArray {
    try check(header, reader, following: reader.remaining)
    let strides = header.isFortran ? StridedCopy.columnMajor(header.shape) : StridedCopy.rowMajor(header.shape)
    let copy = StridedCopy(
      elementSize: header.dtype.size, shape: header.shape, strides: strides, swapped: header.isSwapped)
    if copy.isIdentity {
      return HostArray(dtype: header.dtype, shape: header.shape, buffer: reader.buffer, byteOffset: reader.position)
    }
    return copy.array(header.dtype, from: reader.buffer, byteOffset: reader.position)
  }

  private static func check(_ header: NpyHeader, _ reader: ByteReader, following count: Int) throws {
    guard header.dataSize == count else {
      throw reader.failure(
        "\(ClaimedSize.text(header.shape)) of \(header.dtype) needs \(header.dataSize) bytes; \(count) follow",
        cure: header.dataSize > count ? "get the file again; it is cut short" : "save one array per file")
    }
  }

  /// The array in a type that NumPy has.
  static func writable(_ array: HostArray) -> HostArray { array.dtype == .bf16 ? array.floating(as: .f32) : array }

  /// The header as NumPy writes it: the data begin at a multiple of 64 bytes.
  static func header(_ array: HostArray) -> [UInt8] {
    let kind =
      switch array.dtype {
      case .f64, .f32, .f16: "<f"
      case .i64, .i32, .i16: "<i"
      case .i8: "|i"
      case .u64, .u32, .u16: "<u"
      case .u8: "|u"
      case .bool: "|b"
      case .bf16: preconditionFailure("Npy.header: bf16")
      }
    let lengths = array.shape.map(\.description).joined(separator: ", ") + (array.shape.count == 1 ? "," : "")
    var text = "{'descr': '\(kind)\(array.dtype.size)', 'fortran_order': False, 'shape': (\(lengths)), }"
    // Version 1 holds 65535 bytes: more than any shape that an array can have takes.
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return NpyHeader.magic + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
  }
}
