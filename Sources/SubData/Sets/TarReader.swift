internal import CZlib
public import SubCore

/// A member of a tar archive.
public struct TarEntry: Sendable, Equatable {
  /// What another member, or nothing, is to be taken for.
  public enum Link: Sendable, Equatable {
    /// A member before it, by its path in the archive.
    case hard(String)
    /// A path from the folder of the link.
    case symbolic(String)
  }

  /// The path inside the archive. One that is no UTF-8 has its bytes beyond ASCII as tar lists them (`\351`), so that no two
  /// become one.
  public let path: String
  /// Whether the path is UTF-8 in the archive.
  public let isUTF8: Bool
  /// Where it leads, if it is a link.
  public let link: Link?
  /// The size of its contents in bytes.
  public let size: Int
  /// Where its contents start in the (unpacked) archive.
  public let offset: Int

  init(path: [UInt8], link: Link? = nil, size: Int, offset: Int) {
    self.path = Self.text(path)
    isUTF8 = self.path.utf8.elementsEqual(path)
    (self.link, self.size, self.offset) = (link, size, offset)
  }

  /// A path's bytes as `path` has them.
  static func text(_ bytes: [UInt8]) -> String {
    String(validating: bytes, as: UTF8.self)
      ?? bytes.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "\\" + String($0, radix: 8) }.joined()
  }

  /// The path up to the first dot of its last component: what the parts of one WebDataset sample share. Nil for names
  /// without a dot or with nothing before it, and for names such as `__meta__`.
  public var key: String? { parts?.key }
  /// What follows that dot, in lower case; empty where there is no key.
  public var kind: String { parts?.kind ?? "" }

  private var parts: (key: String, kind: String)? {
    let first = path.prefix { $0 != "/" }
    if first.count > 4, first.hasPrefix("__"), first.hasSuffix("__") { return nil }
    let base = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    guard let dot = path[base...].firstIndex(of: "."), dot > base else { return nil }
    return (String(path[..<dot]), path[path.index(after: dot)...].lowercased())
  }
}

/// Reads a tar archive (ustar, pax, GNU long names; plain or gzip) from front to back in bounded memory.
public final class TarReader {
  /// The largest member that is read, in bytes.
  public static let largestMember = 1 << 30

  private let path: String
  private let givesLinks: Bool
  private let file: gzFile
  private let plainSize: Int?
  private let packedSize: Int
  /// Bytes of members that were handed out.
  private var unpacked = 0
  private var position = 0
  private var bodyLeft = 0
  private var paddingLeft = 0
  private var isDone = false

  /// Whether the file is a plain tar, so that `TarEntry.offset` is a place in the file itself.
  public var isPlain: Bool { plainSize != nil }

  /// Opens an archive; with `givesLinks` its links are members too, else they are passed over. Throws `InputError` if it
  /// cannot be read.
  public init(_ path: String, givesLinks: Bool = false) throws {
    (self.path, self.givesLinks) = (path, givesLinks)
    let (opened, size) = try InputFile.unpacking(path)
    file = opened
    plainSize = gzdirect(file) != 0 ? size : nil
    packedSize = size
  }

  deinit { gzclose(file) }

  /// The next regular file, or link, or nil at the end. What is left of the previous one is skipped.
  ///
  /// Throws `InputError` for a cut or damaged archive, and for a sparse member, with the byte offset; afterwards there is
  /// nothing more to read.
  public func next() throws -> TarEntry? {
    guard !isDone else { return nil }
    do { return try nextEntry() } catch {
      isDone = true
      throw error
    }
  }

  /// The contents of the entry that `next` returned last, u8. Throws `InputError` if the archive ends before they do.
  public func contents() throws -> HostArray {
    do {
      let bytes = try take(bodyLeft)
      bodyLeft = 0
      return bytes
    } catch {
      isDone = true
      throw error
    }
  }

  private func nextEntry() throws -> TarEntry? {
    var long: (path: [UInt8]?, target: [UInt8]?) = (nil, nil)
    var extended: [String: [UInt8]] = [:]
    while true {
      try skip(bodyLeft + paddingLeft)
      (bodyLeft, paddingLeft) = (0, 0)
      let start = position
      let block = try header()
      guard let block else {
        isDone = true
        return nil
      }
      guard let stated = Self.checksum(block), stated else { throw damaged("the checksum of a header is wrong", start) }
      let kind = block[156]
      guard var size = Self.number(block[124..<136]) else { throw damaged("a member's size is not a number", start) }
      if let text = extended["size"], kind != UInt8(ascii: "x") {
        guard let number = Int(String(decoding: text, as: UTF8.self)), number >= 0 else {
          throw damaged("a member's size is not a number", start)
        }
        size = number
      }
      guard size <= Int.max / 2 else { throw damaged("a member of \(size) bytes", start) }
      (bodyLeft, paddingLeft) = (size, (512 - size % 512) % 512)
      switch kind {
      case UInt8(ascii: "L"): long.path = try Self.text(metadata(start))
      case UInt8(ascii: "K"): long.target = try Self.text(metadata(start))
      case UInt8(ascii: "x"): extended.merge(try Self.records(metadata(start))) { $1 }
      case UInt8(ascii: "g"): break  // defaults for all: nothing of use here
      case UInt8(ascii: "S"): throw sparse(start)
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"), UInt8(ascii: "1"), UInt8(ascii: "2"):
        if extended.keys.contains(where: { $0.hasPrefix("GNU.sparse.") }) { throw sparse(start) }
        let path = extended["path"] ?? long.path ?? Self.path(block)
        let target = extended["linkpath"] ?? long.target ?? Self.text(block[157..<257])
        (long, extended) = ((nil, nil), [:])
        if path.last == UInt8(ascii: "/") { continue }  // an old way to write a folder
        let link = Self.link(kind, target)
        if link == nil || givesLinks { return TarEntry(path: path, link: link, size: size, offset: position) }
      default: (long, extended) = ((nil, nil), [:])
      }
    }
  }

  /// The next header block; nil at the end marker or where the archive simply stops between members, padding included.
  private func header() throws -> [UInt8]? {
    var block = [UInt8](repeating: 0, count: 512)
    let got = try block.withUnsafeMutableBytes { try read(into: $0) }
    if got == 0 { return nil }
    guard got == 512 else { throw cut() }
    return block.allSatisfy { $0 == 0 } ? nil : block
  }

  /// The body of a header that describes the next one, at most a MiB.
  private func metadata(_ start: Int) throws -> [UInt8] {
    guard bodyLeft <= 1 << 20 else { throw damaged("a name of \(bodyLeft) bytes", start) }
    defer { bodyLeft = 0 }
    return try take(bodyLeft).withBytes { Array($0) }
  }

  private func take(_ count: Int) throws -> HostArray {
    guard count <= Self.largestMember else { throw damaged("a member of \(count) bytes", position) }
    if let plainSize, count > plainSize - position { throw cut() }
    if !isPlain {
      unpacked += count
      try ClaimLimit.check(Double(unpacked), holding: packedSize, "the archive is to be unpacked", at: path)
    }
    // A packed archive cannot be asked for its size: memory grows with what really comes out.
    var pieces: [HostBuffer] = []
    var left = count
    while left > 0 {
      let size = isPlain ? left : min(left, 1 << 24)
      pieces.append(
        try HostBuffer(byteCount: size) { memory in
          guard try read(into: memory) == size else { throw cut() }
        })
      left -= size
    }
    if pieces.count == 1 { return HostArray(dtype: .u8, shape: [count], buffer: pieces[0]) }
    let whole = HostBuffer(byteCount: count) { memory in
      var offset = 0
      for piece in pieces {
        UnsafeMutableRawBufferPointer(rebasing: memory[offset...]).copyMemory(from: piece.bytes)
        offset += piece.bytes.count
      }
    }
    return HostArray(dtype: .u8, shape: [count], buffer: whole)
  }

  private func skip(_ count: Int) throws {
    guard count > 0 else { return }
    if let plainSize {
      guard count <= plainSize - position, gzseek(file, numericCast(position + count), SEEK_SET) >= 0 else {
        throw cut()
      }
      position += count
      return
    }
    var left = count
    var scratch = [UInt8](repeating: 0, count: min(count, 1 << 16))
    while left > 0 {
      let want = min(left, scratch.count)
      let got = try scratch.withUnsafeMutableBytes { try read(into: .init(rebasing: $0[0..<want])) }
      left -= got
      guard got == want else { throw cut() }
    }
  }

  /// Fills the memory as far as the archive goes.
  private func read(into memory: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    while done < memory.count {
      let got = gzread(file, memory.baseAddress! + done, UInt32(min(memory.count - done, 1 << 30)))
      if got < 0 { throw damaged("the archive cannot be unpacked", position) }
      if got == 0 { break }
      done += Int(got)
      position += Int(got)
    }
    return done
  }

  private func cut() -> InputError {
    InputError("the archive is cut short", at: "\(path), byte \(position)", cure: "fetch it again")
  }

  private func damaged(_ what: String, _ offset: Int) -> InputError {
    InputError("damaged archive: \(what)", at: "\(path), byte \(offset)", cure: "fetch it again")
  }

  private func sparse(_ offset: Int) -> InputError {
    InputError("sparse members are not read", at: "\(path), byte \(offset)", cure: "make it without -S")
  }

  /// Where a member leads that is a link by its kind.
  private static func link(_ kind: UInt8, _ target: [UInt8]) -> TarEntry.Link? {
    switch kind {
    case UInt8(ascii: "1"): .hard(TarEntry.text(target))
    case UInt8(ascii: "2"): .symbolic(TarEntry.text(target))
    default: nil
    }
  }

  /// Whether a header's checksum (its own field counted as spaces) is right; nil if it is no number.
  private static func checksum(_ block: [UInt8]) -> Bool? {
    guard let stated = number(block[148..<156]) else { return nil }
    let sum = block.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(block[$1])) }
    return sum == stated
  }

  /// An octal number with spaces or zeros around it, or a base-256 number marked by its first bit.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    if field.first! & 0x80 != 0 {
      var value = Int(field.first! & 0x7f)
      for byte in field.dropFirst() {
        guard value <= Int.max >> 9 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let digits = String(decoding: field.prefix { $0 != 0 }, as: UTF8.self).filter { $0 != " " }
    return digits.isEmpty ? 0 : Int(digits, radix: 8).flatMap { $0 < 0 ? nil : $0 }
  }

  /// What stands before the first zero.
  private static func text(_ bytes: some Sequence<UInt8>) -> [UInt8] { Array(bytes.prefix { $0 != 0 }) }

  private static func path(_ block: [UInt8]) -> [UInt8] {
    let name = text(block[0..<100])
    // POSIX archives keep the front of long paths apart; GNU ones use that field for times.
    guard block[257..<263].elementsEqual(Array("ustar\0".utf8)) else { return name }
    let front = text(block[345..<500])
    return front.isEmpty ? name : front + [UInt8(ascii: "/")] + name
  }

  /// The `LENGTH KEY=VALUE\n` records of a pax header.
  private static func records(_ bytes: [UInt8]) -> [String: [UInt8]] {
    var result: [String: [UInt8]] = [:]
    var position = 0
    while position < bytes.count, let space = bytes[position...].firstIndex(of: 32),
      let length = Int(String(decoding: bytes[position..<space], as: UTF8.self)),
      length > space - position + 1, length <= bytes.count - position
    {
      let record = bytes[(space + 1)..<(position + length - 1)]
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        let key = String(decoding: record[..<equals], as: UTF8.self)
        result[key] = Array(record[record.index(after: equals)...])
      }
      position += length
    }
    return result
  }
}
