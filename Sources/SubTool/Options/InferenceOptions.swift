import SubCore
import SubData

/// The inputs of `predict` and `embed`.
struct InferenceOptions: OptionGroup {
  static let title = "Inputs"
  @Argument(
    "INPUT",
    "a picture or a folder of pictures, or a text; without any, or for -, lines of standard input: paths, or texts")
  var inputs: [String]
  @Option(
    "--data", value: "PATH", default: "none",
    "pictures as eval takes them; a table of texts (.csv, .tsv, .jsonl), or a file with a text a line, a tab between "
      + "those of a pair")
  var data: String?
  @Flag("--pairs", "texts come two by two") var pairs: Bool
  @Option("--text", value: "COLUMN", default: "the run's own", "a table's column of texts") var text: String?
  @Option("--text-pair", value: "COLUMN", default: "the run's own", "its column of second texts, where they are pairs")
  var pair: String?
  @Option("--separator", value: "CHARACTER", default: "tab where the header has one, else comma", "a table's separator")
  var separator: String?
  @Option("--batch-size", in: 1...65536, "inputs at once") var batch = 64
  @Option("--workers", in: 0...256, default: "half of the cores, at most 8", "threads that prepare images")
  var workers: Int?
  @Option("--max-broken", in: 0...1_000_000_000, "unreadable pictures that are left out before it is an error")
  var maxBroken = 100
  @Option("--max-length", in: 2...1 << 20, default: "the run's own, else the model's positions", "tokens of a text")
  var maxLength: Int?
}

extension InferenceOptions {
  /// Whether inputs come by standard input: none is named, or `-` alone.
  var readsStandardInput: Bool { inputs == ["-"] || inputs.isEmpty && data == nil }
  /// The inputs that are named.
  var named: [String] { inputs == ["-"] ? [] : inputs }

  /// The table that --data names, with the places of its texts; nil where it is none. `own`: how a run's own table was
  /// read.
  func table(_ own: TextTableChoice?) throws -> (table: Table, columns: [Int])? {
    guard let data, Table.isTable(data) else {
      guard let option = text.map({ "--text \($0)" }) ?? pair.map({ "--text-pair \($0)" }) else { return nil }
      throw InputError(
        "columns are those of a table", at: option, cure: "name a .csv, .tsv or .jsonl file with --data", isUsage: true)
    }
    var format = own?.format ?? Table.Format()
    if let separator = try TableOptions.character(separator, at: "--separator") { format.separator = separator }
    let table = try Table(data, format)
    guard let text = text ?? own?.columns.text else {
      throw InputError(
        "--text is missing", at: data, cure: "name one of the columns \(table.columnList)", isUsage: true)
    }
    let second = self.text == nil ? pair ?? own?.columns.pair : pair
    let columns =
      try [table.column(text, option: "--text")]
      + (second.map { [try table.column($0, option: "--text-pair")] } ?? [])
    return (table, columns)
  }
}
