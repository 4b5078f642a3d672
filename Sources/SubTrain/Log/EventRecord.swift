/// One event of a TensorBoard event file: a protocol-buffer `Event` in a TFRecord frame.
///
/// Frame: u64 length, masked CRC-32C of the length, the message, masked CRC-32C of the message, all little-endian.
/// Event: wall_time = 1 (double), step = 2 (int64), file_version = 3, summary = 5, session_log = 7.
/// Summary: value = 1; Value: tag = 1, simple_value = 2 (float). SessionLog: status = 1, START = 1.
struct EventRecord {
  private var message: [UInt8] = []

  /// The first record of every file.
  static func version(time: Double) -> EventRecord {
    var record = EventRecord(time: time, step: 0)
    record.append(field: 3, bytes: Array("brain.Event:2".utf8))
    return record
  }

  /// Says that a run goes on at `step`: readers forget what an earlier file has from there on.
  static func start(time: Double, step: Int) -> EventRecord {
    var record = EventRecord(time: time, step: step)
    record.append(field: 7, bytes: [1 << 3 | 0, 1])
    return record
  }

  /// Scalars of one step.
  static func scalars(_ values: [(tag: String, value: Float)], time: Double, step: Int) -> EventRecord {
    var record = EventRecord(time: time, step: step)
    var summary = EventRecord()
    for value in values {
      var scalar = EventRecord()
      scalar.append(field: 1, bytes: Array(value.tag.utf8))
      scalar.append(key: 2, wire: 5)
      scalar.append(littleEndian: value.value.bitPattern)
      summary.append(field: 1, bytes: scalar.message)
    }
    record.append(field: 5, bytes: summary.message)
    return record
  }

  /// The record as it stands in the file.
  func framed() -> [UInt8] {
    var frame = EventRecord()
    frame.append(littleEndian: UInt64(message.count))
    frame.append(littleEndian: CRC32C.masked(frame.message[...]))
    frame.message += message
    frame.append(littleEndian: CRC32C.masked(message[...]))
    return frame.message
  }

  private init() {}
  private init(time: Double, step: Int) {
    append(key: 1, wire: 1)
    append(littleEndian: time.bitPattern)
    append(key: 2, wire: 0)
    append(varint: UInt64(bitPattern: Int64(step)))
  }

  private mutating func append(key: Int, wire: Int) { append(varint: UInt64(key << 3 | wire)) }
  private mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 128 {
      message.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    message.append(UInt8(rest))
  }
  private mutating func append(field: Int, bytes: [UInt8]) {
    append(key: field, wire: 2)
    append(varint: UInt64(bytes.count))
    message += bytes
  }
  private mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
    withUnsafeBytes(of: number.littleEndian) { message.append(contentsOf: $0) }
  }
}

/// The Castagnoli checksum (reflected polynomial 0x82f63b78), as TFRecord masks it.
package enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 0 ? value >> 1 : value >> 1 ^ 0x82f6_3b78 }
  }

  package static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { crc, byte in crc >> 8 ^ table[Int((crc ^ UInt32(byte)) & 255)] }
  }

  package static func masked(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let crc = of(bytes)
    return (crc >> 15 | crc << 17) &+ 0xa282_ead8
  }
}
