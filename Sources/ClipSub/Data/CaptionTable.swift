import SubCore
import SubData

/// The pairs of a CSV or TSV file: a header, then a row per pair with an image's path and its caption. Quoting as
/// pandas reads it: a field that begins with `"` runs to the closing one, `""` inside stands for one, breaks may occur
/// inside.
///
/// Unlike pandas, `NA`, `null` and the like stay captions, and a row with an empty one is skipped.
struct CaptionTable: CaptionPairs {
  private let path: String
  private let bytes: HostBuffer
  private let separator: UInt8
  private let columns: (image: Int, caption: Int)
  /// Where every row starts, and on which line; rows are parsed when they are asked for.
  private let rows: [(start: Int, line: Int)]

  var count: Int { rows.count }

  init(_ path: String, options: CaptionOptions) throws {
    self.path = path
    bytes = try InputFile(path).read()
    var start = bytes.bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let headerEnd = bytes.bytes[start...].firstIndex { $0 == 0x0a || $0 == 0x0d } ?? bytes.bytes.count
    if let chosen = options.separator {
      guard let byte = chosen.utf8.first, chosen.utf8.count == 1, byte != 0x22, byte != 0x0a, byte != 0x0d else {
        throw InputError(
          "the separator must be one ASCII character", at: chosen, cure: "give a tab or a comma", isUsage: true)
      }
      separator = byte
    } else {
      separator = bytes.bytes[start..<headerEnd].contains(0x09) ? 0x09 : 0x2c
    }
    let header = try Self.row(bytes, separator, start, "\(path), line 1")
    func column(_ name: String) throws -> Int {
      if let index = header.fields.firstIndex(of: name) { return index }
      let found = header.fields.prefix(8).map { "“\($0.prefix(40))”" }.joined(separator: ", ")
      throw InputError(
        "there is no column \(name); the header has \(found.isEmpty ? "none" : found)", at: "\(path), line 1",
        cure: "name the columns of image paths and captions, and the separator")
    }
    columns = try (column(options.imageColumn), column(options.captionColumn))
    var line = 1 + Self.lineEnds(bytes, start..<header.end)
    start = header.end
    var rows: [(start: Int, line: Int)] = []
    while start < bytes.bytes.count {
      if rows.count % 4096 == 0 { try Interruption.check() }
      let end = try Self.end(bytes, separator, start) { "\(path), line \(line)" }
      if end.isBlank == false { rows.append((start, line)) }
      line += Self.lineEnds(bytes, start..<end.next)
      start = end.next
    }
    guard !rows.isEmpty else {
      throw InputError("the table has a header but no rows", at: path, cure: "write a row for every pair")
    }
    self.rows = rows
  }

  func add(to digest: inout SampleDigest) { digest.add(bytes.bytes) }

  func pair(at index: Int) throws(CaptionFault) -> CaptionPair {
    let (start, line) = rows[index]
    func place() -> String { "\(path), line \(line)" }
    let fields: [String]
    do { fields = try Self.row(bytes, separator, start, path).fields } catch {
      throw CaptionFault(.badCaption, place(), "not UTF-8")
    }
    guard fields.count > columns.caption, !CaptionText.isBlank(fields[columns.caption]) else {
      throw CaptionFault(.noCaption, place())
    }
    guard fields.count > columns.image, !fields[columns.image].isEmpty else { throw CaptionFault(.noImage, place()) }
    return CaptionPair(name: place(), caption: fields[columns.caption], imageFile: image(fields[columns.image]))
  }

  /// The path as given; a relative one that leads nowhere is taken from the table's folder.
  private func image(_ given: String) -> String {
    if given.hasPrefix("/") || FileSystem.kind(given) == .file { return given }
    let beside = FileSystem.join(FileSystem.parent(path), given)
    return FileSystem.kind(beside) == .file ? beside : given
  }

  /// How many lines end in a part: at LF, CR, or both together.
  private static func lineEnds(_ bytes: HostBuffer, _ part: Range<Int>) -> Int {
    var count = 0
    for index in part {
      let byte = bytes.bytes[index]
      if byte == 0x0a || byte == 0x0d && !(index + 1 < bytes.bytes.count && bytes.bytes[index + 1] == 0x0a) {
        count += 1
      }
    }
    return count
  }

  /// Where the row after the one at `start` begins, and whether this one has nothing in it.
  private static func end(
    _ bytes: HostBuffer, _ separator: UInt8, _ start: Int, place: () -> String
  ) throws -> (next: Int, isBlank: Bool) {
    let text = bytes.bytes
    var index = start
    var isQuoted = false
    var isFieldStart = true
    while index < text.count {
      let byte = text[index]
      if isQuoted {
        if byte == 0x22 {
          if index + 1 < text.count, text[index + 1] == 0x22 { index += 1 } else { isQuoted = false }
        }
      } else if byte == 0x22, isFieldStart {
        isQuoted = true
      } else if byte == 0x0a || byte == 0x0d {
        let isPair = byte == 0x0d && index + 1 < text.count && text[index + 1] == 0x0a
        return (index + (isPair ? 2 : 1), index == start)
      }
      isFieldStart = !isQuoted && byte == separator
      index += 1
    }
    if isQuoted {
      throw InputError(
        "a quoted field is never closed", at: place(), cure: "close the quotes, or write \"\" for one in it")
    }
    return (text.count, index == start)
  }

  /// The fields of the row at `start`, and where the next row begins.
  private static func row(
    _ bytes: HostBuffer, _ separator: UInt8, _ start: Int, _ place: String
  ) throws -> (fields: [String], end: Int) {
    let end = try end(bytes, separator, start) { place }.next
    var fields: [String] = []
    var field: [UInt8] = []
    var isQuoted = false
    var isFieldStart = true
    var index = start
    func finish() throws {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw InputError("the row is not UTF-8", at: place, cure: "save the table as UTF-8")
      }
      fields.append(text)
      field.removeAll()
    }
    while index < end {
      let byte = bytes.bytes[index]
      let wasFieldStart = isFieldStart
      isFieldStart = false
      if isQuoted {
        if byte != 0x22 {
          field.append(byte)
        } else if index + 1 < end, bytes.bytes[index + 1] == 0x22 {
          field.append(byte)
          index += 1
        } else {
          isQuoted = false
        }
      } else if byte == 0x22, wasFieldStart {
        isQuoted = true
      } else if byte == separator {
        try finish()
        isFieldStart = true
      } else if byte == 0x0a || byte == 0x0d {
        break
      } else {
        field.append(byte)
      }
      index += 1
    }
    try finish()
    return (fields, end)
  }
}
