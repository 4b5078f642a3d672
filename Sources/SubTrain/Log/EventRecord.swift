import SubData

/// One event of a TensorBoard event file: a protocol-buffer `Event` in a TFRecord frame.
///
/// Frame: u64 length, masked CRC-32C of the length, the message, masked CRC-32C of the message, all little-endian.
/// Event: wall_time = 1 (double), step = 2 (int64), file_version = 3, summary = 5, session_log = 7.
/// Summary: value = 1; Value: tag = 1, simple_value = 2 (float). SessionLog: status = 1, START = 1.
struct EventRecord {
  private let message: ProtoMessage

  /// The first record of every file.
  static func version(time: Double) -> EventRecord {
    EventRecord(time: time, step: 0) { $0.append(3, "brain.Event:2") }
  }

  /// Says that a run goes on at `step`: readers forget what an earlier file has from there on.
  static func start(time: Double, step: Int) -> EventRecord {
    EventRecord(time: time, step: step) { event in
      var log = ProtoMessage()
      log.append(1, 1)
      event.append(7, log)
    }
  }

  /// Scalars of one step.
  static func scalars(_ values: [(tag: String, value: Float)], time: Double, step: Int) -> EventRecord {
    EventRecord(time: time, step: step) { event in
      var summary = ProtoMessage()
      for value in values {
        var scalar = ProtoMessage()
        scalar.append(1, value.tag)
        scalar.append(2, value.value)
        summary.append(1, scalar)
      }
      event.append(5, summary)
    }
  }

  private init(time: Double, step: Int, _ body: (inout ProtoMessage) -> Void) {
    var event = ProtoMessage()
    event.append(1, time)
    event.append(2, step)
    body(&event)
    message = event
  }

  /// The record as it stands in the file.
  func framed() -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    let (body, length) = (message.bytes, bytes(UInt64(message.count)))
    return length + bytes(CRC32C.masked(length[...])) + body + bytes(CRC32C.masked(body[...]))
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
