import SubCore
import SubData

/// Texts from the command line, a file or standard input, in batches.
struct TextInputs {
  private let options: InferenceOptions
  private let console: Console
  private let table: (table: Table, columns: [Int])?
  /// Whether inputs are pairs; nil: those are that have a tab.
  let isPair: Bool?

  /// `isPair`: what is known of the model, unless the options say it. `own`: how a run's own table was read.
  init(_ options: InferenceOptions, isPair: Bool?, own: TextTableChoice? = nil, _ console: Console) throws {
    (self.options, self.console) = (options, console)
    table = try options.table(own)
    self.isPair = options.pairs || table?.columns.count == 2 ? true : isPair
    if let table, table.columns.count < 2, self.isPair == true {
      throw InputError(
        "the model takes pairs", at: table.table.path, cure: "name the column of second texts with --text-pair",
        isUsage: true)
    }
  }

  /// Calls `body` with batch after batch, and before input is waited for.
  func forEachBatch(_ body: ([TextExample]) throws -> Void) throws {
    var batch: [TextExample] = []
    var number = 0
    func finish() throws {
      try Interruption.check()
      if !batch.isEmpty { try body(batch) }
      batch.removeAll(keepingCapacity: true)
    }
    func add(_ first: String, _ second: String? = nil) throws {
      batch.append(TextExample(index: number, first: first, second: second))
      number += 1
      if batch.count == options.batch { try finish() }
    }
    func add(line: String, at place: String) throws {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      switch isPair {
      case false: try add(line)
      case nil where parts.count == 1: try add(line)
      case _ where parts.count == 2: try add(parts[0], parts[1])
      default:
        throw InputError(
          "\(parts.count) texts where the model takes pairs", at: place, cure: "write two texts with a tab between them"
        )
      }
    }
    let texts = options.named
    if isPair == true {
      guard texts.count % 2 == 0 else {
        throw InputError(
          "\(texts.count) texts make no pairs", at: "masksub", cure: "give two arguments for every pair", isUsage: true)
      }
      for first in stride(from: 0, to: texts.count, by: 2) { try add(texts[first], texts[first + 1]) }
    } else {
      for text in texts { try add(text) }
    }
    if let (table, columns) = table {
      for row in 0..<table.count {
        let fields = try table.fields(row, columns)
        guard let first = fields[0], columns.count == 1 || fields[1] != nil else {
          throw InputError(
            "the row has no text in column \(table.columns[columns[fields[0] == nil ? 0 : 1]])", at: table.place(row),
            cure: "fill it, or take the row out")
        }
        try add(first, columns.count > 1 ? fields[1] : nil)
      }
    } else if let file = options.data {
      let file = try TextFile(file, cure: "give a file with a text a line")
      var failure: (any Error)?
      try file.forEachLine { (line, bytes) throws(InputError) in
        guard failure == nil else { return }
        let text = try file.string(bytes, line: line)
        do { try add(line: text, at: "\(file.path), line \(line)") } catch { failure = error }
      }
      if let failure { throw failure }
    }
    if options.readsStandardInput {
      try LineInput.forEachText(from: console, pause: finish) { try add(line: $1, at: "standard input, line \($0)") }
    }
    try finish()
  }
}
