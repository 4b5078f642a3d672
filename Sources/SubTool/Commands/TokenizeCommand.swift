import SubData

/// `tokenize`: text as the models will see it.
struct TokenizeCommand: Command {
  static let name = "tokenize"
  static let summary = "ids and tokens of text, as the model will see them"
  static let discussion =
    "Every TEXT, or without TEXT (or for -) every line of standard input, gives one line of output: the ids, a tab, the tokens, "
    + "with the special tokens and without padding; clip's are cut to 77."
  static let example = "masksub tokenize --kind bert --vocab models/minilm/vocab.txt \"It's snowing.\""
  static let section = CommandSection.look

  /// The families of tokenizers.
  enum Kind: String, CaseIterable, OptionValue {
    case bert, clip
  }

  @Option("--kind", "the tokenizer's family") var kind: Kind
  @Option(
    "--vocab", value: "FILE",
    "bert: a vocab.txt, a tokenizer.json, or a folder that holds one; clip: a merges file, gzip or plain")
  var vocabulary: String
  @Flag("--json", "prints {\"ids\":[…],\"tokens\":[…]}") var json: Bool
  @Argument("TEXT", "a text; quote one with spaces") var texts: [String]

  func run(in context: ToolContext) throws {
    let console = context.console
    let tokenizer = try TextTokenizer(kind, vocabulary: vocabulary)
    for remark in tokenizer.remarks { console.note(remark) }
    var printer = TokenPrinter(tokenizer.vocabulary, json: json, shown: console.outputIsTerminal)
    guard !$texts.isGiven || texts == ["-"] else {
      for text in texts { try printer.print(tokenizer.encode(text), on: console) }
      return
    }
    try LineInput.forEachText(from: console) { try printer.print(tokenizer.encode($1), on: console) }
  }
}

/// A tokenizer of any family.
struct TextTokenizer {
  /// The pieces by id.
  let vocabulary: [String]
  /// What has to be said of its files.
  let remarks: [String]
  /// A text's ids with the special tokens, unpadded.
  let encode: (String) -> [Int32]

  init(_ kind: TokenizeCommand.Kind, vocabulary path: String) throws {
    switch kind {
    case .bert:
      let tokenizer = try WordPieceTokenizer(path: path)
      (vocabulary, remarks) = (tokenizer.vocabulary, tokenizer.remarks)
      encode = { tokenizer.encode($0, nil).ids }
    case .clip:
      let tokenizer = try BytePairTokenizer(mergesFile: path)
      (vocabulary, remarks) = (tokenizer.symbols, [])
      encode = { tokenizer.tokenize($0) }
    }
  }
}

/// Prints ids and tokens; a token's text is made once, however often it comes.
struct TokenPrinter {
  private let vocabulary: [String]
  private let isJSON, isShown: Bool
  private var shown: [[UInt8]?]
  private var line: [UInt8] = []

  /// `shown`: on a terminal, which tokens must not steer.
  init(_ vocabulary: [String], json: Bool, shown isShown: Bool) {
    (self.vocabulary, isJSON, self.isShown) = (vocabulary, json, isShown)
    shown = Array(repeating: nil, count: vocabulary.count)
  }

  mutating func print(_ ids: [Int32], on console: Console) throws {
    line.removeAll(keepingCapacity: true)
    if isJSON { line += "{\"ids\":[".utf8 }
    for (index, id) in ids.enumerated() {
      if index > 0 { line.append(UInt8(ascii: isJSON ? "," : " ")) }
      append(number: id)
    }
    line += (isJSON ? "],\"tokens\":[" : "\t").utf8
    for (index, id) in ids.enumerated() {
      if index > 0 { line.append(UInt8(ascii: isJSON ? "," : " ")) }
      append(token: Int(id))
    }
    line += (isJSON ? "]}\n" : "\n").utf8
    try console.write(line)
  }

  private mutating func append(token id: Int) {
    if let bytes = shown[id] {
      line += bytes
    } else {
      let token = isShown ? vocabulary[id].oneLine : vocabulary[id]
      let bytes = isJSON ? JSON.string(token).bytes() : Array(token.utf8)
      shown[id] = bytes
      line += bytes
    }
  }

  private mutating func append(number: Int32) {
    var rest = Int(number)
    let start = line.count
    repeat {
      line.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    line[start...].reverse()
  }
}
