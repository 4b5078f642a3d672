package import SubCore

/// A protocol-buffer message as it is written: fields one behind the other. Arrays are not copied until they go to a file.
package struct ProtoMessage: Sendable {
  private enum Piece: Sendable {
    case bytes([UInt8])
    case array(HostArray)
  }

  private var pieces: [Piece] = []
  /// Its length in bytes.
  package private(set) var count = 0

  /// An empty message.
  package init() {}

  /// The message in one piece.
  package var bytes: [UInt8] {
    var all: [UInt8] = []
    all.reserveCapacity(count)
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): all += bytes
      case .array(let array): array.withBytes { all.append(contentsOf: $0) }
      }
    }
    return all
  }

  /// Appends it to a file.
  package func write(to file: FileWriter) throws {
    for piece in pieces {
      switch piece {
      case .bytes(let bytes): try file.write(bytes)
      case .array(let array): try file.write(array)
      }
    }
  }

  /// An integer (int32, int64, enumerations).
  package mutating func append(_ field: Int, _ value: Int) {
    append(Self.varint(field << 3 | 0) + Self.varint(bits: UInt64(bitPattern: Int64(value))))
  }

  /// A float.
  package mutating func append(_ field: Int, _ value: Float) {
    append(Self.varint(field << 3 | 5) + Self.littleEndian(value.bitPattern))
  }

  /// A double.
  package mutating func append(_ field: Int, _ value: Double) {
    append(Self.varint(field << 3 | 1) + Self.littleEndian(value.bitPattern))
  }

  /// A text.
  package mutating func append(_ field: Int, _ text: String) { append(field, bytes: Array(text.utf8)) }

  /// Bytes.
  package mutating func append(_ field: Int, bytes: [UInt8]) {
    append(Self.varint(field << 3 | 2) + Self.varint(bytes.count) + bytes)
  }

  /// The bytes of an array.
  package mutating func append(_ field: Int, bytesOf array: HostArray) {
    append(Self.varint(field << 3 | 2) + Self.varint(array.byteCount))
    pieces.append(.array(array))
    count += array.byteCount
  }

  /// A message inside this one.
  package mutating func append(_ field: Int, _ message: ProtoMessage) {
    append(Self.varint(field << 3 | 2) + Self.varint(message.count))
    for piece in message.pieces {
      switch piece {
      case .bytes(let bytes): append(bytes)
      case .array: pieces.append(piece)
      }
    }
    count += message.arrayBytes
  }

  /// Bytes of arrays in it.
  private var arrayBytes: Int {
    pieces.reduce(0) { sum, piece in if case .array(let array) = piece { sum + array.byteCount } else { sum } }
  }

  private mutating func append(_ bytes: [UInt8]) {
    count += bytes.count
    if case .bytes(let before)? = pieces.last, before.count < 1024 {
      pieces[pieces.count - 1] = .bytes(before + bytes)
    } else {
      pieces.append(.bytes(bytes))
    }
  }

  private static func varint(_ value: Int) -> [UInt8] { varint(bits: UInt64(value)) }

  private static func varint(bits: UInt64) -> [UInt8] {
    var (bytes, rest): ([UInt8], UInt64) = ([], bits)
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  private static func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }
}
