import SubCore

/// Texts, or pairs of them, with labels in a table of one's own.
public struct TextTable: TextData {
  /// The columns that hold them.
  public struct Columns: Sendable, Equatable {
    /// The text, and the label.
    public var text, label: String
    /// The second text of a pair.
    public var pair: String?

    /// Columns by their names.
    public init(text: String, pair: String? = nil, label: String) {
      (self.text, self.label, self.pair) = (text, label, pair)
    }
  }

  public let textTask: TextTask
  public let place: String
  private let trained, evaluated: TextPart

  /// A table to train on. It is evaluated on another, or on rows of its own that `split` holds out.
  ///
  /// Throws an `InputError` that names the file and the line.
  public init(
    _ path: String, _ columns: Columns, _ format: Table.Format = Table.Format(), problem: LabelSet.Problem? = nil,
    validation: String? = nil, split: SampleSplit
  ) throws {
    let rows = try Rows(path, columns, format)
    let labels = try LabelSet(of: rows.labels, problem, at: "\(path), column \(columns.label)")
    let examples = try rows.examples(labels)
    let classes = labels.isRegression ? nil : examples.map { Int($0.label ?? 0) }
    var split = split
    if validation != nil { split.fraction = 0 }
    let parts = split.parts(classes, count: examples.count)
    guard validation != nil || !parts.held.isEmpty else {
      throw InputError(
        "\(split.fraction) of \(examples.count) rows leaves none to evaluate on", at: path,
        cure: "give more with --validation-fraction, or other rows with --validation FILE", isUsage: true)
    }
    place = path
    textTask = TextTask(labels, title: FileSystem.name(path))
    var remarks = rows.remarks + [labels.remark].compactMap(\.self)
    if let shots = split.shots, let classes {
      let counts = Dictionary(parts.training.map { (classes[$0], 1) }, uniquingKeysWith: +)
      let poor = counts.filter { $0.value < shots }.keys.sorted()
      if let first = poor.first {
        remarks.append("\(poor.count) classes have fewer than \(shots) samples, '\(labels.names[first])' for one")
      }
    }
    trained = TextPart(parts.training.map { examples[$0] }, remarks: remarks)
    guard let validation else {
      evaluated = TextPart(
        parts.held.map { examples[$0] },
        remarks: [
          "evaluated on \(parts.held.count) of its \(examples.count) rows, held out by chance (--validation-fraction "
            + "\(split.fraction), --split-seed \(split.seed))"
        ])
      return
    }
    let others = try Rows(validation, columns, format)
    evaluated = TextPart(try others.examples(labels), remarks: others.remarks)
  }

  /// A table on which a model of these labels is evaluated; none: numbers.
  public init(
    evaluating path: String, _ columns: Columns, _ format: Table.Format = Table.Format(), labels: [String]
  ) throws {
    let rows = try Rows(path, columns, format)
    let known = LabelSet(names: labels)
    (place, textTask) = (path, TextTask(known, title: FileSystem.name(path)))
    evaluated = TextPart(try rows.examples(known), remarks: rows.remarks)
    trained = evaluated
  }

  public func training() -> TextPart { trained }
  public func evaluation() -> [TextPart] { [evaluated] }
}

/// The rows of a table that have all that is asked for.
private struct Rows {
  let table: Table
  private(set) var texts: [(first: String, second: String?, row: Int)] = []
  private(set) var labels: [String] = []
  /// Rows without a text or a label.
  private var incomplete: [Int] = []

  init(_ path: String, _ columns: TextTable.Columns, _ format: Table.Format) throws {
    table = try Table(path, format)
    var places = [
      try table.column(columns.label, option: "--label"), try table.column(columns.text, option: "--text"),
    ]
    if let pair = columns.pair { places.append(try table.column(pair, option: "--text-pair")) }
    for row in 0..<table.count {
      if row % 4096 == 0 { try Interruption.check() }
      let fields = try table.fields(row, places)
      guard !fields.contains(where: { $0?.allSatisfy(\.isWhitespace) ?? true }) else {
        incomplete.append(row)
        continue
      }
      texts.append((fields[1]!, fields.count > 2 ? fields[2] : nil, row))
      labels.append(fields[0]!)
    }
    guard !texts.isEmpty else {
      throw InputError("no row has a text and a label", at: path, cure: "fill the columns that were named")
    }
  }

  var remarks: [String] {
    incomplete.isEmpty
      ? []
      : ["\(incomplete.count) rows without a text or a label are left out, the first in \(table.place(incomplete[0]))"]
  }

  func examples(_ known: LabelSet) throws -> [TextExample] {
    try zip(texts, labels).enumerated().map { index, pair in
      let ((first, second, row), label) = pair
      return TextExample(
        index: index, first: first, second: second, label: try known.value(of: label, at: table.place(row)))
    }
  }
}
