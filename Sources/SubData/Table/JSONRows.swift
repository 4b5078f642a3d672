import SubCore

/// The rows of JSON lines: an object a line. The columns are the members of the first; a line may lack some of them, or hold
/// others, which are columns too. Numbers and truth values are read as text.
struct JSONRows: TableRows {
  let path: String
  let bytes: HostBuffer
  let columns: [String]
  private let rows: [(range: Range<Int>, line: Int)]

  var count: Int { rows.count }
  func line(_ row: Int) -> Int { rows[row].line }

  init(_ path: String) throws {
    self.path = path
    let bytes = try Table.text(of: path)
    var start = bytes.bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var (line, columns): (Int, [String]) = (1, [])
    var known: Set<String> = []
    var rows: [(range: Range<Int>, line: Int)] = []
    while start < bytes.bytes.count {
      if rows.count % 4096 == 0 { try Interruption.check() }
      let end = bytes.bytes[start...].firstIndex(of: 0x0a) ?? bytes.bytes.count
      if bytes.bytes[start..<end].contains(where: { ![0x20, 0x09, 0x0d].contains($0) }) {
        let object = try Self.object(bytes, start..<end, path, line)
        for member in object.members where known.insert(member.key).inserted { columns.append(member.key) }
        rows.append((start..<end, line))
      }
      start = end + 1
      line += 1
    }
    (self.bytes, self.columns, self.rows) = (bytes, columns, rows)
  }

  func fields(_ row: Int, _ wanted: [Int]) throws -> [String?] {
    let (range, line) = rows[row]
    let object = try Self.object(bytes, range, path, line)
    return try wanted.map { column in
      switch object[columns[column]] {
      case nil, .null?: return nil
      case .string(let text)?: return text
      case .array?, .object?:
        throw InputError(
          "'\(columns[column])' is no text or number", at: "\(path), line \(line)", cure: "write a text or a number")
      case let value?: return value.text()
      }
    }
  }

  private static func object(
    _ bytes: HostBuffer, _ range: Range<Int>, _ path: String, _ line: Int
  ) throws -> JSON.Object {
    let place = "\(path), line \(line)"
    let text = UnsafeRawBufferPointer(rebasing: bytes.bytes[range])
    if text.first == UInt8(ascii: "[") {
      throw InputError("this is a JSON array", at: place, cure: "write JSON lines: an object on every line")
    }
    guard let object = try JSON.parse(text, at: path, line: line).object else {
      throw InputError("the line is no JSON object", at: place, cure: "write JSON lines: an object on every line")
    }
    return object
  }
}
