import SubCore
import SubData

// Suites as files: label spaces are data.
extension EvaluationSuite {
  /// Reads a suite; the lists that it names lie beside it. Throws an `InputError` for a field that is missing, unknown or
  /// of the wrong kind, and for a class that there is not.
  public init(_ path: String) throws {
    let file = SuiteFile(path)
    let json = try JSON.read(path)
    try file.check(json, ["name", "classes", "names", "templates", "row", "sets"], "")
    file.common = json
    name = try file.text(json["name"], "name")
    guard let list = json["sets"]?.array, !list.isEmpty else { throw file.fault("'sets' is no list of sets") }
    sets = try list.map(file.pictures)
    let names = sets.flatMap(\.measures).map(\.name)
    guard Set(names).count == names.count else { throw file.fault("two measures have one name") }
    titles = try json["row"].map { try file.texts($0, "row") } ?? []
    let measured = sets.flatMap(\.measures).compactMap(\.title)
    guard measured.sorted() == titles.sorted() else { throw file.fault("'row' is not the titles of the measures") }
  }
}

/// A suite's file while it is read.
private final class SuiteFile {
  let path: String
  /// Where fields stand that hold for all sets without their own.
  var common = JSON.null
  /// The number of every class of the set that is read.
  private var numbers: [String: Int] = [:]

  init(_ path: String) { self.path = path }

  func fault(
    _ what: String, cure: String = "correct the field; datasets/robustness/suite.json shows the form"
  ) -> InputError {
    InputError(what, at: path, cure: cure)
  }

  func check(_ json: JSON, _ known: Set<String>, _ place: String) throws {
    guard let object = json.object else { throw fault("\(place.isEmpty ? "the suite" : place) is no object") }
    if let strange = object.members.first(where: { !known.contains($0.key) }) {
      throw fault(
        "'\(strange.key)' is not known\(place.isEmpty ? "" : " in \(place)")",
        cure: Suggestion.cure(
          for: strange.key, in: known.sorted(), else: "leave it out; datasets/robustness/suite.json shows the form"))
    }
  }

  func text(_ json: JSON?, _ field: String) throws -> String {
    guard let text = json?.string, !text.isEmpty else { throw fault("'\(field)' is no text") }
    return text
  }

  func texts(_ json: JSON?, _ field: String) throws -> [String] {
    let texts = json?.array?.compactMap(\.string) ?? []
    guard !texts.isEmpty, texts.count == json?.array?.count else { throw fault("'\(field)' is no list of texts") }
    return texts
  }

  private func beside(_ name: String) -> String { FileSystem.join(FileSystem.parent(path), name) }

  /// The lines of a list.
  func lines(_ name: String) throws -> [String] {
    let lines = try InputFile(beside(name)).text().split(whereSeparator: \.isNewline).map(String.init)
    guard !lines.isEmpty else { throw InputError("the list is empty", at: beside(name), cure: "write a name a line") }
    return lines
  }

  func pictures(_ json: JSON) throws -> EvaluationSuite.Pictures {
    try check(json, ["folders", "border", "classes", "names", "templates", "measures"], "a set")
    let classes = try lines(text(json["classes"] ?? common["classes"], "classes"))
    numbers = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    guard numbers.count == classes.count else { throw fault("'classes' has a class twice") }
    // Names of other classes are none of these.
    let own = json["classes"] == nil ? json["names"] ?? common["names"] : json["names"]
    let names = try own.map { try lines(text($0, "names")) }
    guard names == nil || names?.count == classes.count else {
      throw fault("'names' has \(names?.count ?? 0) names for \(classes.count) classes")
    }
    let templates = try (json["templates"] ?? common["templates"]).map { try text($0, "templates") }
    let border = json["border"] == nil ? 0 : json["border"]?.int ?? -1
    guard (0...1000).contains(border) else { throw fault("'border' is no number of pixels") }
    guard let measures = json["measures"]?.array, !measures.isEmpty else {
      throw fault("'measures' is no list of measures")
    }
    return try EvaluationSuite.Pictures(
      folders: texts(json["folders"], "folders"), classNames: classes, spokenNames: names,
      templates: templates.map { FileSystem.kind(beside($0)) == .file ? beside($0) : $0 }, border: border,
      measures: measures.map(measure))
  }

  private func measure(_ json: JSON) throws -> EvaluationSuite.Measure {
    try check(json, ["name", "title", "labels", "table", "list", "among", "uncounted", "groups"], "a measure")
    let name = try text(json["name"], "name")
    let among = try json["among"].map { try text($0, "among") }
    // The classes of a list that is named, of folders too: others have no place in the set.
    let listed = try among.flatMap { $0 == "accepted" ? nil : try classes($0) }
    let labels = try labels(json, name: name, listed: listed)
    var restriction = listed.map { Array($0.values) }
    if among != nil {
      guard case .folders(let known) = labels else {
        throw fault("'\(name)' has 'among', which goes with class folders or a 'table'")
      }
      if among == "accepted" { restriction = known.values.flatMap(\.self) }
      let classes = Set(restriction ?? [])
      if let strange = known.first(where: { !classes.isSuperset(of: $0.value) }) {
        throw fault("a class of the folder '\(strange.key)' of '\(name)' is none of its 'among'")
      }
    }
    let uncounted: Set<String>? =
      switch json["uncounted"] {
      case nil: []
      case .bool(true): nil
      case let list: Set(try lines(text(list, "uncounted")))
      }
    return try EvaluationSuite.Measure(
      name: name, title: json["title"].map { try text($0, "title") },
      space: LabelSpace(labels, classes: numbers.count, restriction: restriction, uncounted: uncounted),
      groups: json["groups"].map { groups in
        try check(groups, ["files", "columns"], "groups")
        return try EvaluationSuite.Groups(
          files: texts(groups["files"], "files"), columns: texts(groups["columns"], "columns"))
      })
  }

  private func labels(_ json: JSON, name: String, listed: [String: Int]?) throws -> LabelSpace.Labels {
    switch (json["labels"]?.string, json["table"]?.string, json["list"]?.string) {
    case ("folders", nil, nil): return .folders((listed ?? numbers).mapValues { [$0] })
    case ("numbers", nil, nil): return .numbers
    case (nil, let table?, nil): return .folders(try self.table(table))
    case (nil, nil, let list?): return .files(try self.list(list))
    default:
      throw fault("'\(name)' tells its labels neither by 'labels' (folders, numbers) nor by one 'table' or 'list'")
    }
  }

  /// A list of classes with their numbers.
  private func classes(_ name: String) throws -> [String: Int] {
    let lines = try lines(name)
    return try Dictionary(
      lines.map { line in
        guard let number = numbers[line] else {
          throw InputError("'\(line)' is none of the \(numbers.count) classes", at: beside(name), cure: "remove it")
        }
        return (line, number)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// A table's columns `folder` and `classes`: names, joined by commas.
  private func table(_ name: String) throws -> [String: [Int]] {
    let table = try Table(beside(name))
    let columns = [try table.column("folder"), try table.column("classes")]
    var known: [String: [Int]] = [:]
    for row in 0..<table.count {
      let fields = try table.fields(row, columns)
      guard let folder = fields[0], !folder.isEmpty, let names = fields[1]?.split(separator: ","), !names.isEmpty else {
        throw InputError("a folder or its classes are missing", at: table.place(row), cure: "write both")
      }
      known[folder] = try names.map { name in
        guard let number = numbers[String(name)] else {
          throw InputError(
            "'\(name)' is none of the \(numbers.count) classes", at: table.place(row), cure: "correct it")
        }
        return number
      }
    }
    return known
  }

  /// A JSON list with a list of class numbers for every file.
  private func list(_ name: String) throws -> [[Int]] {
    guard let lists = try JSON.read(beside(name)).array else {
      throw InputError("this is no list of lists", at: beside(name), cure: "get it again")
    }
    return try lists.enumerated().map { place, entry in
      let labels = entry.array?.compactMap(\.int) ?? [-1]
      guard labels.allSatisfy((0..<numbers.count).contains), labels.count == entry.array?.count else {
        throw InputError(
          "entry \(place + 1) is no list of classes from 0 to \(numbers.count - 1)", at: beside(name),
          cure: "get it again")
      }
      return labels
    }
  }
}
