import SubCore

/// A zip archive: the entries of its central directory, stored or deflated, zip64 included.
struct ZipArchive {
  /// One file in the archive, as the central directory describes it.
  struct Entry {
    let name: String
    let isDeflated: Bool
    let crc: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
  }

  let file: InputFile
  let entries: [Entry]
  private let positions: [String: Int]
  /// Where the central directory begins: no entry's data may reach beyond.
  private let directoryOffset: Int
  static let signature: [UInt8] = [0x50, 0x4b, 0x03, 0x04]

  /// Reads the central directory; nothing else is touched.
  init(_ file: InputFile) throws {
    self.file = file
    let directory = try ZipDirectory(file)
    directoryOffset = directory.offset
    var reader = ByteReader(
      try file.read(directory.offset..<(directory.offset + directory.size)), place: file.path,
      origin: directory.offset)
    var entries: [Entry] = []
    var positions: [String: Int] = [:]
    while reader.remaining > 0 {
      let start = reader.offset
      let entry = try Self.entry(&reader)
      guard positions.updateValue(entries.count, forKey: entry.name) == nil else {
        throw reader.failure("the zip archive holds '\(entry.name)' twice", at: start)
      }
      entries.append(entry)
    }
    guard entries.count == directory.count else {
      throw reader.failure(
        "the zip directory claims \(directory.count) entries and holds \(entries.count)", at: directory.offset)
    }
    // Entries that share bytes could make a small file as large as they like.
    var (total, unpacked) = (0, 0.0)
    for entry in entries {
      total = total.addingReportingOverflow(entry.compressedSize).partialValue
      guard total >= 0, total <= file.count else {
        throw reader.failure("the zip entries claim more bytes than the file has", at: directory.offset)
      }
      if entry.isDeflated { unpacked += Double(entry.size) }
    }
    try ClaimLimit.check(unpacked, holding: file.count, "the zip archive is to be unpacked", at: file.path)
    self.entries = entries
    self.positions = positions
  }

  /// The entry of a name.
  subscript(name: String) -> Entry? { positions[name].map { entries[$0] } }

  /// Where an entry's stored or compressed bytes lie. The local header is checked.
  func range(_ entry: Entry) throws -> Range<Int> {
    guard entry.headerOffset <= directoryOffset else { throw failure("the zip entry lies outside the file", entry) }
    let header = try file.read(entry.headerOffset..<min(entry.headerOffset + 30, directoryOffset))
    var reader = ByteReader(header, place: place(entry), origin: entry.headerOffset)
    guard reader.bytes(try reader.take(4)).elementsEqual(Self.signature) else {
      throw reader.failure("a zip entry does not begin where the directory says", at: entry.headerOffset)
    }
    _ = try reader.take(22)
    let nameLength = try reader.size(UInt16.self)
    let extraLength = try reader.size(UInt16.self)
    let start = entry.headerOffset + 30 + nameLength + extraLength
    guard start <= directoryOffset, entry.compressedSize <= directoryOffset - start else {
      throw reader.failure(
        "the file ends too early: \(entry.compressedSize) bytes expected, \(max(0, directoryOffset - start)) left")
    }
    return start..<(start + entry.compressedSize)
  }

  /// An entry's content, inflated where it is not stored, as a part of a buffer. The checksum is compared,
  /// unless it is 0 and `mayLackChecksum`: PyTorch writes that where it was told not to compute any.
  func content(_ entry: Entry, mayLackChecksum: Bool = false) throws -> (buffer: HostBuffer, range: Range<Int>) {
    let content = try part(entry, range(entry), limit: entry.size)
    guard content.range.count == entry.size else {
      throw failure("\(content.range.count) bytes instead of the \(entry.size) claimed", entry)
    }
    if mayLackChecksum, entry.crc == 0 { return content }
    guard Checksum.crc32(UnsafeRawBufferPointer(rebasing: content.buffer.bytes[content.range])) == entry.crc else {
      throw failure("the content does not match its checksum", entry)
    }
    return content
  }

  /// At most the first `limit` bytes of an entry, unchecked: to look at a header.
  func start(_ entry: Entry, limit: Int) throws -> (buffer: HostBuffer, range: Range<Int>) {
    // What the first bytes are packed in is hardly larger than they are.
    let range = try range(entry)
    return try part(entry, range.prefix(entry.isDeflated ? 2 * limit + 1 << 16 : limit), limit: limit)
  }

  /// An error in an entry.
  func failure(_ what: String, _ entry: Entry) -> InputError {
    InputError(what, at: place(entry), cure: "get the file again; it is damaged")
  }

  /// The archive and the entry's name, for messages.
  func place(_ entry: Entry) -> String { "\(file.path), entry \(entry.name)" }

  /// The bytes of a range of the file, inflated up to a limit where the entry is not stored.
  private func part(
    _ entry: Entry, _ range: Range<Int>, limit: Int
  ) throws -> (buffer: HostBuffer, range: Range<Int>) {
    var buffer = try file.read(range)
    if entry.isDeflated {
      let packed = buffer
      buffer = try withExtendedLifetime(packed) {
        try Inflate.buffer(packed.bytes, limit: limit, place: place(entry))
      }
    }
    return (buffer, 0..<buffer.bytes.count)
  }

  private static func entry(_ reader: inout ByteReader) throws -> Entry {
    let start = reader.offset
    guard try reader.integer(UInt32.self) == 0x0201_4b50 else {
      throw reader.failure("the zip directory is damaged", at: start)
    }
    _ = try reader.take(4)
    let flags = try reader.integer(UInt16.self)
    let method = try reader.integer(UInt16.self)
    _ = try reader.take(4)
    let crc = try reader.integer(UInt32.self)
    var compressedSize = try reader.size(UInt32.self)
    var size = try reader.size(UInt32.self)
    let nameLength = try reader.size(UInt16.self)
    let extraLength = try reader.size(UInt16.self)
    let commentLength = try reader.size(UInt16.self)
    _ = try reader.take(8)
    var headerOffset = try reader.size(UInt32.self)
    let nameRange = try reader.take(nameLength)
    // Names are UTF-8 by flag or else of an old code page, of which only ASCII matters.
    let name = reader.text(nameRange) ?? String(decoding: reader.bytes(nameRange), as: UTF8.self)
    let extraRange = try reader.take(extraLength)
    _ = try reader.take(commentLength)

    var extra = ByteReader(reader.buffer, place: reader.place, range: extraRange, origin: reader.origin)
    while extra.remaining >= 4 {
      let kind = try extra.integer(UInt16.self)
      let field = try extra.take(try extra.size(UInt16.self))
      guard kind == 1 else { continue }
      // zip64: the 64-bit values of exactly those fields that are all ones.
      var wide = ByteReader(reader.buffer, place: reader.place, range: field, origin: reader.origin)
      if size == 0xffff_ffff { size = try wide.size(UInt64.self) }
      if compressedSize == 0xffff_ffff { compressedSize = try wide.size(UInt64.self) }
      if headerOffset == 0xffff_ffff { headerOffset = try wide.size(UInt64.self) }
    }
    guard flags & 1 == 0 else {
      throw reader.failure("the zip entry '\(name)' is encrypted", at: start, cure: "decrypt the archive first")
    }
    guard method == 0 || method == 8 else {
      throw reader.failure(
        "the zip entry '\(name)' is compressed by method \(method)", at: start, cure: "use stored or deflated archives")
    }
    guard method == 8 || size == compressedSize else {
      throw reader.failure("the zip entry '\(name)' is stored, yet its two sizes differ", at: start)
    }
    return Entry(
      name: name, isDeflated: method == 8, crc: crc, compressedSize: compressedSize, size: size,
      headerOffset: headerOffset)
  }
}

/// Where the central directory lies, as the record at the archive's end says.
private struct ZipDirectory {
  let offset: Int
  let size: Int
  let count: Int

  init(_ file: InputFile) throws {
    // The record is 22 bytes and a comment of at most 65535, the zip64 locator before it 20; the last one in the file
    // counts.
    let first = max(0, file.count - 22 - 0xffff)
    let origin = max(0, first - 20)
    var reader = ByteReader(try file.read(origin..<file.count), place: file.path, origin: origin)
    guard file.count >= 22,
      let end = stride(from: file.count - 22, through: first, by: -1).first(where: {
        reader.buffer.bytes.loadUnaligned(fromByteOffset: $0 - origin, as: UInt32.self).littleEndian == 0x0605_4b50
      })
    else {
      throw reader.failure(
        "a zip archive without its directory", at: file.count, cure: "get the file again; it is cut short")
    }
    reader.offset = end + 8
    let entriesHere = try reader.size(UInt16.self)
    var count = try reader.size(UInt16.self)
    var size = try reader.size(UInt32.self)
    var offset = try reader.size(UInt32.self)
    guard entriesHere == count else {
      throw reader.failure("a zip archive in several parts", at: end, cure: "join the parts first")
    }
    var limit = end
    if count == 0xffff || size == 0xffff_ffff || offset == 0xffff_ffff, end >= 20 {
      reader.offset = end - 20
      if try reader.integer(UInt32.self) == 0x0706_4b50 {
        _ = try reader.take(4)
        let record = try reader.size(UInt64.self)
        guard record <= end - 20, end - 20 - record >= 56 else {
          throw reader.failure("the zip64 record lies outside the file", at: end - 20)
        }
        reader = ByteReader(try file.read(record..<(record + 56)), place: file.path, origin: record)
        guard try reader.integer(UInt32.self) == 0x0606_4b50 else {
          throw reader.failure("the zip64 record is damaged", at: record)
        }
        _ = try reader.take(28)
        count = try reader.size(UInt64.self)
        size = try reader.size(UInt64.self)
        offset = try reader.size(UInt64.self)
        limit = record
      }
    }
    guard offset <= limit, size <= limit - offset else {
      throw reader.failure("the zip directory lies outside the file", at: end)
    }
    (self.offset, self.size, self.count) = (offset, size, count)
  }
}
