import SubCore
import SubData

/// How tables of one's own are read.
struct TableOptions: OptionGroup {
  static let title = "Tables (CSV, TSV, JSON lines)"
  @Option("--label", value: "COLUMN", "the column of labels: names of classes, or numbers") var label: String?
  @Option("--separator", value: "CHARACTER", default: "tab where the header has one, else comma", "its separator")
  var separator: String?
  @Option("--quoting", "whether fields may stand in quotes, as spreadsheets write them, or quotes are text")
  var quoting = Quoting.csv

  enum Quoting: String, CaseIterable, OptionValue { case csv, none }

  /// How the file is read.
  func format() throws -> Table.Format {
    Table.Format(separator: try Self.character(separator, at: "--separator"), isQuoted: quoting == .csv)
  }

  /// A separator as it is typed: one character, or `\t`.
  static func character(_ text: String?, at option: String) throws -> String? {
    guard let text else { return nil }
    let character = text == "\\t" ? "\t" : text
    guard character.utf8.count == 1, character != "\"", character != "\n", character != "\r" else {
      throw InputError(
        "'\(text)' is no separator", at: option, cure: "give one character, or \\t for the tab", isUsage: true)
    }
    return character
  }

  /// The columns of pictures and labels; nil where neither is named, a usage error where one is not.
  func columns(image: String?) throws -> ImageTable.Columns? {
    guard image != nil || given != nil else { return nil }
    guard let image, let label else {
      throw InputError(
        "\(image == nil ? "--image" : "--label") is missing", at: image == nil ? given ?? "--label" : "--image",
        cure: "name both columns of a table, of pictures and of labels", isUsage: true)
    }
    return ImageTable.Columns(image: image, label: label, try format())
  }

  /// The options that were given, for a command that has no table.
  var given: String? {
    [
      $label.isGiven ? $label.spelling : nil, $separator.isGiven ? $separator.spelling : nil,
      $quoting.isGiven ? $quoting.spelling : nil,
    ].compactMap { $0 }.first
  }
}

/// The columns of texts.
struct TextColumnOptions: OptionGroup {
  static let title = "Texts"
  @Option("--text", value: "COLUMN", "a table's column of texts") var text: String?
  @Option("--text-pair", value: "COLUMN", default: "none", "its column of second texts, where they are pairs")
  var pair: String?
  @Option("--problem", default: "what the labels are", "whether labels are classes or numbers")
  var problem: LabelSet.Problem?

  /// The columns; a usage error that names those of the file where one is not told.
  func columns(_ table: TableOptions, of path: String) throws -> TextTable.Columns {
    func told(_ name: String?, _ option: String) throws -> String {
      if let name { return name }
      let names = try Table(path, table.format()).columnList
      throw InputError("\(option) is missing", at: path, cure: "name one of the columns \(names)", isUsage: true)
    }
    return TextTable.Columns(
      text: try told(text, "--text"), pair: pair, label: try told(table.label, "--label"))
  }
}

extension LabelSet.Problem: OptionValue {}

extension ImageTable.Columns {
  /// As a run's configuration holds them.
  var json: JSON {
    [
      "image": .string(image), "label": .string(label), "separator": format.separator.map { .string($0) } ?? .null,
      "is_quoted": .bool(format.isQuoted),
    ]
  }
}
