import SubCore

/// The rows of a CSV or TSV file behind its header. Quoting as pandas reads it: a field that begins with `"` runs to the
/// closing one, `""` inside stands for one, breaks may occur inside. Blank lines are no rows.
struct DelimitedRows: TableRows {
  let path: String
  let bytes: HostBuffer
  let columns: [String]
  private let format: Table.Format
  private let separator: UInt8
  /// Where every row starts, and on which line.
  private let rows: [(start: Int, line: Int)]

  var count: Int { rows.count }
  func line(_ row: Int) -> Int { rows[row].line }

  init(_ path: String, _ format: Table.Format) throws {
    (self.path, self.format) = (path, format)
    bytes = try Table.text(of: path)
    var start = bytes.bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let headerEnd = bytes.bytes[start...].firstIndex { $0 == 0x0a || $0 == 0x0d } ?? bytes.bytes.count
    if let chosen = format.separator {
      guard let byte = chosen.utf8.first, chosen.utf8.count == 1, byte != 0x22, byte != 0x0a, byte != 0x0d else {
        throw InputError(
          "the separator must be one ASCII character", at: chosen, cure: "give a tab or a comma", isUsage: true)
      }
      separator = byte
    } else {
      separator = bytes.bytes[start..<headerEnd].contains(0x09) ? 0x09 : 0x2c
    }
    let reader = RowReader(bytes: bytes, separator: separator, format: format)
    let header = try reader.fields(start) { "\(path), line 1" }
    columns = header.fields
    var line = 1 + reader.lineEnds(start..<header.end)
    start = header.end
    var rows: [(start: Int, line: Int)] = []
    while start < bytes.bytes.count {
      if rows.count % 4096 == 0 { try Interruption.check() }
      let end = try reader.end(start) { "\(path), line \(line)" }
      if end.isBlank == false { rows.append((start, line)) }
      line += reader.lineEnds(start..<end.next)
      start = end.next
    }
    self.rows = rows
  }

  func fields(_ row: Int, _ wanted: [Int]) throws -> [String?] {
    let (start, line) = rows[row]
    let reader = RowReader(bytes: bytes, separator: separator, format: format)
    let fields = try reader.fields(start) { "\(path), line \(line)" }.fields
    if fields.count > columns.count || format.isStrict && fields.count < columns.count {
      throw InputError(
        "the row has \(fields.count) fields, the header \(columns.count)", at: "\(path), line \(line)",
        cure: fields.count < columns.count
          ? "write every column" + (format.isQuoted ? "; where quotes are text, say so with --quoting none" : "")
          : "put fields that hold the separator into quotes"
            + (format.isStrict ? ", or name another with --separator" : ""))
    }
    return wanted.map { $0 < fields.count ? fields[$0] : nil }
  }
}

/// Finds and reads single rows.
private struct RowReader {
  let bytes: HostBuffer
  let separator: UInt8
  let format: Table.Format

  /// How many lines end in a part: at LF, CR, or both together.
  func lineEnds(_ part: Range<Int>) -> Int {
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
  func end(_ start: Int, place: () -> String) throws -> (next: Int, isBlank: Bool) {
    let text = bytes.bytes
    var index = start
    var (isQuoted, isFieldStart, isClosed) = (false, true, false)
    while index < text.count {
      let byte = text[index]
      if isQuoted {
        if byte == 0x22 {
          if index + 1 < text.count, text[index + 1] == 0x22 {
            index += 1
          } else {
            (isQuoted, isClosed) = (false, true)
          }
        }
      } else if byte == 0x22, isFieldStart, format.isQuoted {
        isQuoted = true
      } else if byte == 0x0a || byte == 0x0d {
        let isPair = byte == 0x0d && index + 1 < text.count && text[index + 1] == 0x0a
        return (index + (isPair ? 2 : 1), index == start)
      } else if isClosed, byte != separator, format.isStrict {
        throw InputError(
          "text stands behind a closing quote", at: place(),
          cure: "write \"\" for a quote inside of quotes; where quotes are text, say so with --quoting none")
      }
      isFieldStart = !isQuoted && byte == separator
      if isFieldStart { isClosed = false }
      index += 1
    }
    if isQuoted {
      throw InputError(
        "a quoted field is never closed", at: place(),
        cure: "close the quotes, or write \"\" for one in it"
          + (format.isStrict ? "; where quotes are text, say so with --quoting none" : ""))
    }
    return (text.count, index == start)
  }

  /// The fields of the row at `start`, and where the next row begins.
  func fields(_ start: Int, place: () -> String) throws -> (fields: [String], end: Int) {
    let end = try end(start, place: place).next
    var fields: [String] = []
    var field: [UInt8] = []
    var (isQuoted, isFieldStart) = (false, true)
    var index = start
    func finish() throws {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw InputError("the row is not UTF-8", at: place(), cure: "save the table as UTF-8")
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
      } else if byte == 0x22, wasFieldStart, format.isQuoted {
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
