import SubCore
import SubData
import TestSupport
import Testing

/// Tokens added to a tokenizer and other settings of its files, by `tokenizers` 0.22's rules.
@Suite struct AddedTokenTests {
  private static let names = [
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "ab", "new", "##word", "##ly", "x", "##new", "c", ",",
    "in",
  ]
  private let pieces = names.joined(separator: "\n") + "\n"

  private func json(_ parts: String...) -> String {
    let vocabulary = Self.names.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ",")
    let own = parts.contains { $0.contains("\"model\"") }
    let model = own ? [] : [#""model": {"type": "WordPiece", "vocab": {\#(vocabulary)}}"#]
    return "{" + (parts.filter { !$0.isEmpty } + model).joined(separator: ", ") + "}"
  }

  private func tokenizer(_ files: [String: String]) throws -> WordPieceTokenizer {
    let folder = try WordPieceFixtures.folder(files)
    return try WordPieceTokenizer(folder: folder.path)
  }

  private func message(_ files: [String: String]) -> String {
    do {
      _ = try tokenizer(files)
      return "none"
    } catch { return "\(error)" }
  }

  private static let normalizer = #""normalizer": {"type": "BertNormalizer", "lowercase": true}"#
  private static let added = #"""
    "added_tokens": [{"id": 4, "content": "[MASK]", "special": true, "normalized": false},
      {"id": 16, "content": "NewWord", "normalized": true}, {"id": 17, "content": "[ENT]", "special": true},
      {"id": 15, "content": "in", "single_word": true, "normalized": false}]
    """#

  @Test func `added tokens are cut out of raw or of normalised text`() throws {
    let found = try tokenizer(["tokenizer.json": json(Self.normalizer, Self.added)])
    #expect(found.vocabulary.count == 18 && found.pieceCount == 16)
    // Normalised, so also in small letters and with accents, and inside a word.
    #expect(found.encode("ab NEWWORD ab") == [7, 16, 7])
    #expect(found.encode("néwwordly") == [16, 1])
    #expect(found.encode("xnewword") == [11, 16])
    // Raw and exact.
    #expect(found.encode("a[ENT]c") == [5, 17, 13] && found.encode("[ent]") == [1, 1, 1])
    // A word by itself, next to punctuation too, but no part of one.
    #expect(found.encode("in,in") == [15, 14, 15] && found.encode("ina") == [1] && found.encode("a_in") == [5, 1, 15])
    #expect(found.isSpecial(17) && !found.isSpecial(16) && found.isSpecial(4))
  }

  @Test func `they stand in any of the files, and the first says how`() throws {
    let decoder = #"{"added_tokens_decoder": {"16": {"content": "Zz", "normalized": false, "special": true}}}"#
    for files in [
      ["vocab.txt": pieces, "added_tokens.json": #"{"Zz": 16}"#],
      ["vocab.txt": pieces, "tokenizer_config.json": decoder],
      ["tokenizer.json": json(Self.normalizer), "tokenizer_config.json": decoder, "added_tokens.json": #"{"Zz": 16}"#],
    ] {
      #expect(try tokenizer(files).encode("a Zz") == [5, 16])
    }
    let special = #"{"additional_special_tokens": ["Zz"]}"#
    let found = try tokenizer([
      "vocab.txt": pieces, "added_tokens.json": #"{"Zz": 16}"#, "special_tokens_map.json": special,
    ])
    #expect(found.isSpecial(16) && found.encode("zz") == [1])
    #expect(message(["vocab.txt": pieces, "added_tokens.json": #"{"Zz": 18}"#]).contains("the vocabulary ends at 15"))
    #expect(message(["vocab.txt": pieces, "added_tokens.json": #"{"Zz": 5}"#]).contains("which is 'a'"))
    #expect(message(["vocab.txt": pieces, "added_tokens.json": #"{"ab": 16}"#]).contains("which has the id 7"))
  }

  @Test(arguments: [
    ("special_tokens_map.json", #"{"additional_special_tokens": ["new", {"content": "c"}]}"#),
    ("tokenizer_config.json", #"{"additional_special_tokens": ["new", "c"]}"#),
    ("tokenizer_config.json", #"{"extra_special_tokens": ["c", "new"]}"#),
    ("tokenizer_config.json", #"{"extra_special_tokens": {"one_token": "new", "other_token": "c"}}"#),
    ("tokenizer_config.json", #"{"eos_token": "c", "bos_token": {"content": "new", "normalized": false}}"#),
    ("tokenizer_config.json", #"{"entity_token": "new", "eos_token": "c", "add_bos_token": false}"#),
  ])
  func `special tokens that are pieces keep their ids and are cut out whole`(file: String, text: String) throws {
    let found = try tokenizer(["vocab.txt": pieces, file: text])
    #expect(found.vocabulary.count == 16 && found.isSpecial(8) && found.isSpecial(13) && !found.isSpecial(7))
    #expect(found.encode("xnew abc") == [11, 8, 7, 13] && found.encode("[MASK]") == [4])
    let again = try tokenizer(["tokenizer.json": try #require(found.fileJSON).text()])
    #expect(again.encode("xnew abc") == [11, 8, 7, 13] && again.isSpecial(13))
  }

  @Test func `special tokens that are no pieces get the next ids, those of text's ends first`() throws {
    let settings = #"{"extra_special_tokens": ["[A]", "[SEP]"], "eos_token": "[E]", "bos_token": "[B]"}"#
    let found = try tokenizer(["vocab.txt": pieces, "tokenizer_config.json": settings])
    #expect(found.vocabulary.suffix(4) == ["in", "[B]", "[E]", "[A]"] && found.encode("a[A]") == [5, 18])
    // Where the tokens stand with their ids the map is not asked.
    let decoder = #"{"added_tokens_decoder": {"16": {"content": "Zz", "special": true}}}"#
    let map = #"{"additional_special_tokens": ["[A]"]}"#
    let other = ["vocab.txt": pieces, "tokenizer_config.json": decoder, "special_tokens_map.json": map]
    #expect(try tokenizer(other).vocabulary.count == 17)
    #expect(message(["vocab.txt": pieces, "special_tokens_map.json": #"{"eos_token": ""}"#]).contains("no token"))
  }

  @Test(
    arguments: [
      ("null", nil), ("512", 512), ("1000000000000000019884624838656", nil), ("1e30", nil),
    ] as [(String, Int?)])
  func `the longest sequence is the configuration's, unless it names none`(text: String, length: Int?) throws {
    let settings = #"{"model_max_length": \#(text)}"#
    #expect(try tokenizer(["vocab.txt": pieces, "tokenizer_config.json": settings]).maxLength == length)
    #expect(try tokenizer(["tokenizer.json": json(), "tokenizer_config.json": settings]).maxLength == length)
  }

  @Test func `a tokenizer in small letters keeps accents and special tokens`() throws {
    let cased = try tokenizer(["vocab.txt": pieces, "tokenizer_config.json": #"{"do_lower_case": false}"#])
    #expect(cased.encode("AB [MASK]") == [1, 4])
    let lower = cased.lowercasing()
    #expect(lower.encode("AB [MASK] áb") == [7, 4, 1] && cased.encode("AB") == [1])
  }

  @Test func `what is written reads as the same tokenizer`() throws {
    let found = try tokenizer(["tokenizer.json": json(Self.normalizer, Self.added)])
    let text = try #require(found.fileJSON).text()
    let again = try tokenizer(["tokenizer.json": text])
    #expect(again.vocabulary == found.vocabulary && again.pieceCount == found.pieceCount)
    for text in ["a NewWordly [ENT]in, in [MASK] ÄB", "ab中c"] { #expect(again.encode(text) == found.encode(text)) }
    #expect(try tokenizer(["vocab.txt": pieces]).fileJSON == nil)
  }

  @Test func `the longest word is the file's`() throws {
    let vocabulary = Self.names.enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ",")
    let model = #""model": {"type": "WordPiece", "max_input_chars_per_word": 3, "vocab": {\#(vocabulary)}}"#
    let found = try tokenizer(["tokenizer.json": json(Self.normalizer, model)])
    #expect(found.encode("new newword ab") == [8, 1, 7])
    #expect(found.fileJSON?["model"]?["max_input_chars_per_word"]?.int == 3)
  }

  @Test func `known sequences of normalisers are honoured, switches beside the file have the last word`() throws {
    let steps = #"[{"type": "NFD"}, {"type": "Lowercase"}, {"type": "StripAccents"}]"#
    let sequence = #""normalizer": {"type": "Sequence", "normalizers": \#(steps)}"#
    #expect(try tokenizer(["tokenizer.json": json(sequence)]).encode("ÁB") == [7])
    let cased = #""normalizer": {"type": "BertNormalizer", "lowercase": false}"#
    #expect(try tokenizer(["tokenizer.json": json(cased)]).encode("AB") == [1])
    let lower = #"{"do_lower_case": true}"#
    let changed = try tokenizer(["tokenizer.json": json(cased), "tokenizer_config.json": lower])
    #expect(changed.encode("ÁB") == [7])
    #expect(changed.remarks.count == 1 && changed.remarks[0].contains("tokenizer_config.json disagree"))
    // What the case says it says of accents.
    let kept = #""normalizer": {"type": "BertNormalizer", "lowercase": true, "strip_accents": false}"#
    #expect(try tokenizer(["tokenizer.json": json(kept), "tokenizer_config.json": lower]).encode("ÁB") == [7])
    #expect(try tokenizer(["tokenizer.json": json(kept)]).encode("ÁB") == [1])
    #expect(try tokenizer(["tokenizer.json": json(Self.normalizer), "tokenizer_config.json": lower]).remarks == [])
  }

  @Test(arguments: ["PreTrainedTokenizerFast", "TokenizersBackend"])
  func `the class of any tokenizer takes the file's normaliser`(name: String) throws {
    let cased = #""normalizer": {"type": "BertNormalizer", "lowercase": false}"#
    let settings = #"{"do_lower_case": true, "tokenizer_class": "\#(name)"}"#
    let found = try tokenizer(["tokenizer.json": json(cased), "tokenizer_config.json": settings])
    #expect(found.encode("AB ab") == [1, 7] && found.remarks.count == 1)
    #expect(try tokenizer(["vocab.txt": pieces, "tokenizer_config.json": settings]).encode("AB") == [7])
  }

  @Test(arguments: [
    (#""pre_tokenizer": {"type": "Whitespace"}"#, "pre_tokenizer is Whitespace"),
    (#""pre_tokenizer": null"#, "pre_tokenizer is none"),
    (#""normalizer": {"type": "NFKC"}"#, "normalizer.type is NFKC"),
    (#""normalizer": {"type": "Sequence", "normalizers": [{"type": "Replace"}]}"#, "normalizers[0].type is Replace"),
    (#""post_processor": {"type": "RobertaProcessing"}"#, "post_processor.type is RobertaProcessing"),
    (#""post_processor": {"type": "BertProcessing", "cls": ["<s>", 5], "sep": ["[SEP]", 3]}"#, "post_processor.cls is"),
    (
      #""post_processor": {"type": "TemplateProcessing", "single": [{"Sequence": {"id": "A", "type_id": 0}}], "pair": []}"#,
      "post_processor.single is A:0"
    ),
    (#""model": {"type": "WordPiece", "unk_token": "<unk>", "vocab": {}}"#, "model.unk_token is '<unk>'"),
    (
      #""model": {"type": "WordPiece", "continuing_subword_prefix": "@@", "vocab": {}}"#, "continuing_subword_prefix is"
    ),
  ])
  func `other ways to cut text are refused by name`(part: String, what: String) {
    let found = message(["tokenizer.json": json(part)])
    #expect(found.contains(what) && found.contains("not supported"), "\(found)")
  }

  @Test(arguments: [
    (#"{"cls_token": "<s>"}"#, "cls_token is '<s>'"),
    (#"{"mask_token": {"content": "<mask>"}}"#, "mask_token is '<mask>'"),
    (#"{"do_basic_tokenize": false}"#, "do_basic_tokenize is false"),
    (#"{"truncation_side": "left"}"#, "truncation_side is left"),
    (#"{"tokenizer_class": "BertJapaneseTokenizer"}"#, "tokenizer_class is BertJapaneseTokenizer"),
  ])
  func `settings that change ids are refused by name`(settings: String, what: String) {
    #expect(message(["vocab.txt": pieces, "tokenizer_config.json": settings]).contains(what))
  }

  /// A file of a megabyte is no reason to wait.
  @Test(.timeLimit(.minutes(1))) func `very many special tokens are read at once`() throws {
    let names = (0..<100_000).map { "\"<\($0)>\"" }.joined(separator: ",")
    let found = try tokenizer([
      "vocab.txt": pieces, "tokenizer_config.json": "{\"additional_special_tokens\": [\(names), \"c\", \"<7>\"]}",
    ])
    #expect(found.vocabulary.count == 16 + 100_000 && found.isSpecial(13) && found.isSpecial(16 + 99_999))
    #expect(found.encode("<7>") == [16 + 7])
  }
}
