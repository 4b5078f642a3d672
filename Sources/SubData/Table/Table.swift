import SubCore

/// Rows with named columns from a file: CSV or TSV with a header, or JSON lines.
///
/// The file's ending decides: `.jsonl`, `.ndjson` and `.json` are JSON lines, everything else is delimited. All rows are found
/// when the table is opened; their fields are read when they are asked for.
public struct Table: Sendable {
  /// How a delimited file is to be read where its header does not tell.
  public struct Format: Sendable, Equatable {
    /// What stands between fields, one ASCII character; nil: a tab where the header has one, else a comma.
    public var separator: String?
    /// Whether a field that begins with `"` runs to the closing one.
    public var isQuoted: Bool
    /// Whether rows with fewer fields than the header, and text behind a closing quote, are errors. Rows with more always
    /// are: a separator that stands in a field without quotes would cut it.
    public var isStrict: Bool

    /// As spreadsheets write it.
    public init(separator: String? = nil, isQuoted: Bool = true, isStrict: Bool = true) {
      (self.separator, self.isQuoted, self.isStrict) = (separator, isQuoted, isStrict)
    }
  }

  /// The endings of files that are tables.
  public static let endings = ["csv", "tsv"] + lineEndings
  private static let lineEndings = ["jsonl", "ndjson", "json"]

  /// The file.
  public let path: String
  /// The names of the columns.
  public var columns: [String] { rows.columns }
  /// The number of rows.
  public var count: Int { rows.count }

  private let rows: any TableRows

  /// Opens a table. Throws an `InputError` where the file is none, or has no rows.
  public init(_ path: String, _ format: Format = Format()) throws {
    self.path = path
    rows = try Self.isLines(path) ? JSONRows(path) : DelimitedRows(path, format)
    guard rows.count > 0 else {
      throw InputError(
        Self.isLines(path) ? "the file has no rows" : "the table has a header but no rows", at: path,
        cure: "write a row for every sample")
    }
  }

  /// Whether a path is called as tables are.
  public static func isTable(_ path: String) -> Bool { endings.contains(ending(path)) }

  /// The first columns in words, for errors.
  package var columnList: String { columns.prefix(20).map { "“\($0)”" }.joined(separator: ", ") }

  /// The place of a column in a row's fields. Throws with the columns that there are; `option` and `separator` name the
  /// options that say otherwise.
  public func column(_ name: String, option: String? = nil, separator: String = "--separator") throws -> Int {
    if let index = columns.firstIndex(of: name) {
      guard columns[(index + 1)...].contains(name) == false else {
        throw InputError("there are several columns \(name)", at: header, cure: "rename all but one")
      }
      return index
    }
    let found = columns.prefix(8).map { "“\($0.prefix(40))”" }.joined(separator: ", ")
    let other = columns.count == 1 ? columns[0].first { ";|\t".contains($0) } : nil
    throw InputError(
      "there is no column \(name); the header has \(found.isEmpty ? "none" : found)", at: header,
      cure: other.map { "name the separator: \(separator) '\($0)'" }
        ?? Suggestion.cure(
          for: name, in: columns,
          else: option.map { "name the column with \($0)" } ?? "name the column, and the separator"))
  }

  /// Some fields of a row as text; nil for what a row does not have.
  public func fields(_ row: Int, _ columns: [Int]) throws -> [String?] { try rows.fields(row, columns) }

  /// Where a row stands, for errors: `FILE, line 7`.
  public func place(_ row: Int) -> String { "\(path), line \(rows.line(row))" }

  /// The file that a field names: the path as given; a relative one that leads nowhere is taken from the table's folder.
  public func file(_ given: String) -> String {
    if given.hasPrefix("/") || FileSystem.kind(given) == .file { return given }
    let beside = FileSystem.join(FileSystem.parent(path), given)
    return FileSystem.kind(beside) == .file ? beside : given
  }

  /// Adds all of the file to a digest.
  public func add(to digest: inout SampleDigest) { digest.add(rows.bytes.bytes) }

  /// The bytes of a table's file. Throws where it is empty, or of a form that is no text in UTF-8.
  static func text(of path: String) throws -> HostBuffer {
    let contents = try InputFile(path).read()
    let bytes = contents.bytes
    guard !bytes.isEmpty, !bytes.elementsEqual([0xef, 0xbb, 0xbf]) else {
      throw InputError("the file is empty", at: path, cure: "write a row for every sample")
    }
    let written = "write it as CSV, TSV or JSON lines"
    let forms: [(start: [UInt8], form: String, cure: String)] = [
      (Array("PAR1\u{15}".utf8), "Parquet", written), (Array("ARROW1\0".utf8), "Arrow", written),
      (Array("PK\u{3}\u{4}".utf8), "a zip archive, which a spreadsheet is too", "unpack it, or \(written)"),
      ([0x1f, 0x8b], "compressed with gzip", "unpack it"),
      ([0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd", "unpack it"),
      ([0xfd, 0x37, 0x7a], "compressed with xz", "unpack it"),
      ([0xff, 0xfe], "UTF-16", "save it as UTF-8"), ([0xfe, 0xff], "UTF-16", "save it as UTF-8"),
    ]
    let known = forms.first { bytes.starts(with: $0.start) }
    // Every other byte of Latin letters in UTF-16 is 0, with or without a mark in front.
    let isWide = bytes.count > 1 && (bytes[0] == 0) != (bytes[1] == 0)
    guard let found = known ?? (isWide ? forms.last : nil) else { return contents }
    throw InputError("the file is \(found.form), no text in UTF-8", at: path, cure: found.cure)
  }

  private var header: String { Self.isLines(path) ? path : "\(path), line 1" }
  private static func isLines(_ path: String) -> Bool { lineEndings.contains(ending(path)) }
  private static func ending(_ path: String) -> String {
    let name = FileSystem.name(path)
    return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() } ?? ""
  }
}

/// The rows of a table, whatever its file looks like.
protocol TableRows: Sendable {
  var bytes: HostBuffer { get }
  var columns: [String] { get }
  var count: Int { get }
  func line(_ row: Int) -> Int
  func fields(_ row: Int, _ columns: [Int]) throws -> [String?]
}
