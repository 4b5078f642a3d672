import SubCore

/// Writes a zip archive of stored entries front to back, with zip64 where sizes or offsets need it.
struct ZipWriter {
  private let file: FileWriter
  private var directory: [UInt8] = []
  private var count = 0

  init(_ file: FileWriter) { self.file = file }

  /// Appends an entry whose content is `parts`, one after the other.
  mutating func add(_ name: String, _ parts: [UnsafeRawBufferPointer]) throws {
    let offset = file.count
    let size = parts.reduce(0) { $0 + $1.count }
    let crc = parts.reduce(0) { Checksum.crc32($1, $0) }
    let name = Array(name.utf8)
    guard name.count <= 0xffff else {
      throw InputError("an entry's name takes \(name.count) bytes", at: file.place, cure: "use shorter names")
    }
    let isWide = size >= 0xffff_ffff
    var local = LittleEndian()
    local.add(0x0403_4b50 as UInt32)
    local.add([isWide ? 45 : 20, 0x0800, 0, 0, 0x21] as [UInt16])  // UTF-8 names, stored, 1980-01-01
    local.add([crc, isWide ? 0xffff_ffff : UInt32(size), isWide ? 0xffff_ffff : UInt32(size)])
    local.add([UInt16(name.count), isWide ? 20 : 0])
    local.bytes += name
    if isWide {
      local.add([1, 16] as [UInt16])
      local.add([UInt64(size), UInt64(size)])
    }
    try file.write(local.bytes)
    for part in parts { try file.write(part) }
    directory += record(name, crc: crc, size: size, offset: offset)
    count += 1
  }

  /// Writes the central directory and the records that end the archive.
  func finish() throws {
    let offset = file.count
    var end = LittleEndian()
    if count >= 0xffff || directory.count >= 0xffff_ffff || offset >= 0xffff_ffff {
      end.add(0x0606_4b50 as UInt32)
      end.add(44 as UInt64)
      end.add([45, 45] as [UInt16])
      end.add([0, 0] as [UInt32])
      end.add([UInt64(count), UInt64(count), UInt64(directory.count), UInt64(offset)])
      end.add([0x0706_4b50, 0] as [UInt32])
      end.add(UInt64(offset + directory.count))
      end.add(1 as UInt32)
    }
    end.add(0x0605_4b50 as UInt32)
    end.add([0, 0, UInt16(clamping: count), UInt16(clamping: count)])
    end.add([UInt32(clamping: directory.count), UInt32(clamping: offset)])
    end.add(0 as UInt16)
    try file.write(directory)
    try file.write(end.bytes)
  }

  /// The entry's record in the central directory.
  private func record(_ name: [UInt8], crc: UInt32, size: Int, offset: Int) -> [UInt8] {
    var wide = LittleEndian()
    if size >= 0xffff_ffff { wide.add([UInt64(size), UInt64(size)]) }
    if offset >= 0xffff_ffff { wide.add(UInt64(offset)) }
    let version: UInt16 = wide.bytes.isEmpty ? 20 : 45
    var record = LittleEndian()
    record.add(0x0201_4b50 as UInt32)
    record.add([version, version, 0x0800, 0, 0, 0x21])
    record.add([crc, UInt32(clamping: size), UInt32(clamping: size)])
    record.add([UInt16(name.count), wide.bytes.isEmpty ? 0 : UInt16(wide.bytes.count + 4), 0, 0, 0])
    record.add([0, UInt32(clamping: offset)])
    record.bytes += name
    if !wide.bytes.isEmpty {
      record.add([1, UInt16(wide.bytes.count)])
      record.bytes += wide.bytes
    }
    return record.bytes
  }
}

/// Numbers appended lowest byte first.
private struct LittleEndian {
  var bytes: [UInt8] = []
  mutating func add<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }
  mutating func add<Number: FixedWidthInteger>(_ numbers: [Number]) { for number in numbers { add(number) } }
}
