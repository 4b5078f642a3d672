import SubData

/// How texts are read from a table: what `glue` is told, what its run's configuration keeps, and what `eval` takes from it.
struct TextTableChoice {
  var columns: TextTable.Columns
  var format: Table.Format
  var problem: LabelSet.Problem?
  var split: SampleSplit

  /// The table, with what is evaluated on.
  func open(_ path: String, validation: String?) throws -> TextTable {
    try TextTable(path, columns, format, problem: problem, validation: validation, split: split)
  }

  /// As a run's configuration holds it.
  var json: JSON {
    var object: JSON.Object = [
      "text": .string(columns.text), "text_pair": columns.pair.map { .string($0) } ?? .null,
      "label": .string(columns.label), "separator": format.separator.map { .string($0) } ?? .null,
      "is_quoted": .bool(format.isQuoted), "problem": problem.map { .string($0.rawValue) } ?? .null,
    ]
    for member in split.json.members { object[member.key] = member.value }
    return .object(object)
  }

  /// Back from there; nil where a run had no table.
  init?(_ json: JSON?) {
    guard let json, let text = json["text"]?.string, let label = json["label"]?.string else { return nil }
    columns = TextTable.Columns(text: text, pair: json["text_pair"]?.string, label: label)
    format = Table.Format(separator: json["separator"]?.string, isQuoted: json["is_quoted"]?.bool ?? true)
    problem = json["problem"]?.string.flatMap(LabelSet.Problem.init(rawValue:))
    split = SampleSplit(run: json)
  }

  init(columns: TextTable.Columns, format: Table.Format, problem: LabelSet.Problem?, split: SampleSplit) {
    (self.columns, self.format, self.problem, self.split) = (columns, format, problem, split)
  }
}
