internal import SubCore

/// Labelled pictures that a table names: a row for each, with its file and its class. A relative path that leads nowhere is
/// taken from the table's folder.
public struct ImageTable: ImageSource {
  /// The columns that hold them.
  public struct Columns: Sendable, Equatable {
    /// The path of the picture, and the name or number of its class.
    public var image, label: String
    /// How the file is read.
    public var format: Table.Format

    /// Columns by their names.
    public init(image: String, label: String, _ format: Table.Format = Table.Format()) {
      (self.image, self.label, self.format) = (image, label, format)
    }
  }

  public let classNames: [String]
  public let labels: [Int]
  public let remarks: [String]
  /// The path of every picture.
  public let paths: [String]

  public var count: Int { paths.count }

  /// Reads a table. With `classNames`, labels are among these. Rows without a path or a label are left out; that a file is
  /// there is looked at for the first one, others are missed when they are read. Throws an `InputError` that names the line.
  public init(_ path: String, _ columns: Columns, classNames given: [String]? = nil) throws {
    let table = try Table(path, columns.format)
    let places = [
      try table.column(columns.image, option: "--image"), try table.column(columns.label, option: "--label"),
    ]
    var (rows, texts, paths, incomplete): ([Int], [String], [String], [Int]) = ([], [], [], [])
    for row in 0..<table.count {
      if row % 1024 == 0 { try Interruption.check() }
      let fields = try table.fields(row, places)
      guard let image = fields[0], !image.isEmpty, let label = fields[1], !label.isEmpty else {
        incomplete.append(row)
        continue
      }
      rows.append(row)
      texts.append(label)
      paths.append(table.file(image))
    }
    guard let first = paths.first else {
      throw InputError("no row has a picture and a label", at: path, cure: "fill the columns that were named")
    }
    guard FileSystem.kind(first) == .file else {
      throw InputError(
        "there is no picture '\(first)'", at: table.place(rows[0]),
        cure: "write paths that lead from the table's folder, or from where you are")
    }
    let known = try given.map { LabelSet(names: $0) } ?? LabelSet(of: texts, .classification, at: path)
    labels = try zip(texts, rows).map { text, row in Int(try known.value(of: text, at: table.place(row))) }
    (classNames, self.paths) = (known.names, paths)
    remarks =
      incomplete.isEmpty
      ? []
      : [
        "\(incomplete.count) rows without a picture or a label are left out, the first in \(table.place(incomplete[0]))"
      ]
  }

  public func name(of index: Int) -> String { paths[index] }

  public func image(at index: Int) throws -> SourceImage {
    .file(try InputFile(paths[index]).array(), name: paths[index])
  }
}
