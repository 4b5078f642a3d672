/// A single-byte encoding that mojibake may have come through, with ftfy's sloppiness: in the Windows encodings the
/// unassigned bytes are C1 controls, and byte 1A stands for U+FFFD, a character that was lost.
struct SingleByteEncoding: Sendable {
  let name: String
  let isSloppy: Bool
  /// Code points of the bytes 80 to FF.
  let upper: [UInt32]
  private let bytes: [UInt32: UInt8]

  private init(_ name: String, isSloppy: Bool, upper: [UInt32]) {
    self.name = name
    self.isSloppy = isSloppy
    self.upper = upper
    bytes = Dictionary(uniqueKeysWithValues: upper.enumerated().map { ($1, UInt8($0 + 0x80)) })
  }

  private init(_ name: String, isSloppy: Bool, table: String) {
    let upper = table.split(whereSeparator: \.isWhitespace).map { UInt32($0, radix: 16)! }
    precondition(upper.count == 128, "SingleByteEncoding: \(name) has \(upper.count) characters")
    self.init(name, isSloppy: isSloppy, upper: upper)
  }

  /// The text in this encoding; nil where it cannot have come from it.
  func encode(_ text: [UInt32]) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    for value in text {
      if value < 0x80 {
        if isSloppy, value == 0x1a { return nil }
        result.append(UInt8(value))
      } else if let byte = bytes[value] {
        result.append(byte)
      } else if isSloppy, value == 0xfffd {
        result.append(0x1a)
      } else {
        return nil
      }
    }
    return result
  }

  static let windows1252 = SingleByteEncoding("windows-1252", isSloppy: true, table: MojibakeTables.windows1252)

  /// In the order in which they are tried.
  static let all: [SingleByteEncoding] = [
    SingleByteEncoding("latin-1", isSloppy: false, upper: Array(0x80...0xff)),
    windows1252,
    SingleByteEncoding("windows-1251", isSloppy: true, table: MojibakeTables.windows1251),
    SingleByteEncoding("windows-1250", isSloppy: true, table: MojibakeTables.windows1250),
    SingleByteEncoding("windows-1253", isSloppy: true, table: MojibakeTables.windows1253),
    SingleByteEncoding("windows-1254", isSloppy: true, table: MojibakeTables.windows1254),
    SingleByteEncoding("windows-1257", isSloppy: true, table: MojibakeTables.windows1257),
    SingleByteEncoding("iso-8859-2", isSloppy: false, table: MojibakeTables.iso88592),
    SingleByteEncoding("macroman", isSloppy: false, table: MojibakeTables.macroman),
    SingleByteEncoding("cp437", isSloppy: false, table: MojibakeTables.cp437),
  ]
}
