public import SubCore

/// One text or pair of texts with its label.
public struct TextExample: Sendable, Equatable {
  /// Its position in the file, from 0, which a submission repeats.
  public var index: Int
  /// The first or only text.
  public var first: String
  /// The second text of a pair.
  public var second: String?
  /// The class id as a whole number, or the score of a regression; nil in a test set.
  public var label: Float?

  /// An example.
  public init(index: Int, first: String, second: String? = nil, label: Float? = nil) {
    self.index = index
    self.first = first
    self.second = second
    self.label = label
  }
}

/// The examples of one split.
public struct GLUESet: Sendable {
  /// The examples in the file's order.
  public var examples: [TextExample]
  /// Rows left out: QQP's rows with missing columns and MNLI's rows without a gold label.
  public var skipped: Int
  /// The file they come from.
  public var path: String

  /// What was left out, in a line each.
  public var remarks: [String] {
    skipped > 0 ? ["\(skipped) rows of \(path) with missing columns or without a gold label are left out"] : []
  }
}

/// Reads GLUE's tab-separated files as distributed: no quoting, a header everywhere but in CoLA's labelled files.
public struct GLUEReader: Sendable {
  /// The task.
  public let task: GLUETask
  /// The task's own folder.
  public let folder: String

  /// A reader for a task whose files lie in `data` itself or, when `data` is a GLUE root, in its subfolder `CoLA`,
  /// `SST-2`, … An `InputError` if neither holds the training or the development file.
  public init(task: GLUETask, data: String) throws(InputError) {
    self.task = task
    let names = [GLUESplit.train, .dev].flatMap { task.files(of: $0) }
    let candidates = [data + "/" + task.name, data]
    guard let folder = candidates.first(where: { folder in names.contains { TextFile.exists(folder + "/" + $0) } })
    else {
      throw InputError(
        TextFile.exists(data) ? "no \(task.name) data" : "no such folder", at: data,
        cure: "give the folder that holds \(names.joined(separator: " and ")), or the GLUE folder with "
          + "\(task.name) in it")
    }
    self.folder = folder
  }

  /// The file of a split, or nil if it is not there.
  public func path(of split: GLUESplit) -> String? {
    task.files(of: split).map { folder + "/" + $0 }.first { TextFile.exists($0) }
  }

  /// The examples of a split. A missing or empty file, a missing column, a wrong label or bytes that are not UTF-8 are
  /// an `InputError` that names the file and the line.
  public func read(_ split: GLUESplit) throws -> GLUESet {
    guard let name = task.files(of: split).first else {
      throw InputError("\(task.name) has no split \(split.rawValue)", at: folder, cure: "choose another split")
    }
    let file = try TextFile(path(of: split) ?? folder + "/" + name, cure: "get the whole of \(task.name)")
    guard !file.bytes.isEmpty else {
      throw InputError("empty file", at: file.path, cure: "get \(task.name) again")
    }
    var rows = Rows(task: task, split: split, file: file)
    try file.forEachLine { (number, line) throws(InputError) in try rows.take(line, number) }
    guard !rows.examples.isEmpty else {
      throw InputError("no examples", at: file.path, cure: "get \(task.name) again")
    }
    return GLUESet(examples: rows.examples, skipped: rows.skipped, path: file.path)
  }
}

/// The rows of one file, as they are read.
private struct Rows {
  let task: GLUETask
  let split: GLUESplit
  let file: TextFile
  var examples: [TextExample] = []
  var skipped = 0
  /// Where the texts and the label stand, and how many columns a row has; known after the header.
  private var layout: (texts: [Int], label: Int?, count: Int)?

  init(task: GLUETask, split: GLUESplit, file: TextFile) {
    self.task = task
    self.split = split
    self.file = file
    if task == .cola, split.isLabelled { layout = ([3], 1, 4) }
  }

  mutating func take(_ bytes: UnsafeBufferPointer<UInt8>, _ number: Int) throws(InputError) {
    var bytes = bytes
    if number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = UnsafeBufferPointer(rebasing: bytes[3...]) }
    if bytes.isEmpty { return }
    let fields = try file.string(bytes, line: number).utf8.split(separator: 0x09, omittingEmptySubsequences: false)
    guard let layout else {
      self.layout = try header(fields.map { String($0)! })
      return
    }
    // CoLA's training file alone has no header: there a tab too many would cut a sentence.
    let isTooLong = task == .cola && split.isLabelled && fields.count > layout.count
    guard fields.count >= layout.count, !isTooLong else {
      // A prediction is told by its row: none of a test set may be missing.
      if task == .qqp, split.isLabelled {
        skipped += 1
        return
      }
      throw InputError(
        "\(fields.count) columns where \(task.name)'s \(split.rawValue) file has \(layout.count)",
        at: place(number), cure: "separate columns by tabs, as the distributed file does")
    }
    var value: Float?
    if let column = layout.label {
      let text = String(fields[column])!
      if task == .mnli, text == "-" {
        skipped += 1
        return
      }
      value = try label(text, number)
    }
    examples.append(
      TextExample(
        index: examples.count, first: String(fields[layout.texts[0]])!,
        second: layout.texts.count > 1 ? String(fields[layout.texts[1]])! : nil, label: value))
  }

  private func place(_ number: Int) -> String { "\(file.path), line \(number)" }

  private func header(_ names: [String]) throws(InputError) -> (texts: [Int], label: Int?, count: Int) {
    let wanted = task.columns(of: split)
    func column(_ name: String) throws(InputError) -> Int {
      guard let index = names.firstIndex(of: name) else {
        throw InputError(
          "no column \"\(name)\" in the header", at: place(1),
          cure: "give \(task.name)'s distributed file: it has the columns "
            + (wanted.texts + [wanted.label].compactMap { $0 }).joined(separator: ", "))
      }
      return index
    }
    var texts: [Int] = []
    for name in wanted.texts { texts.append(try column(name)) }
    let label: Int? = if let name = wanted.label { try column(name) } else { nil }
    return (texts, label, names.count)
  }

  private func label(_ text: String, _ number: Int) throws(InputError) -> Float {
    if task.isRegression {
      guard let score = Float(text), (0...5).contains(score) else {
        throw InputError("score \"\(text)\" is not a number from 0 to 5", at: place(number), cure: "correct the score")
      }
      return score
    }
    guard let index = task.fileLabels.firstIndex(of: text) else {
      throw InputError(
        "label \"\(text)\" is none of \(task.fileLabels.joined(separator: ", "))", at: place(number),
        cure: "correct the label")
    }
    return Float(index)
  }
}
