import Foundation
import SubData
import TestSupport

/// The fixtures of the WordPiece tests: bert-base-uncased's vocabulary and what Hugging Face's tokenizer does with it.
enum WordPieceFixtures {
  static let folder = Bundle.module.resourcePath! + "/Fixtures/wordpiece"

  static func tokenizer(lowercase: Bool = true) throws -> WordPieceTokenizer {
    try WordPieceTokenizer(vocabularyFile: folder + "/vocab.txt", lowercase: lowercase)
  }

  static func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder + "/" + name))
  }

  /// `vectors.json`: from transformers 5.23.0 and tokenizers 0.23.3, as its `meta` says.
  struct Vectors: Decodable {
    struct Single: Decodable {
      var name: String
      var text: String
      var basicWords: [String]?
      var tokens: [String]
      var ids: [Int32]
    }
    /// A literal text, or a word repeated.
    struct Text: Decodable {
      var value: String
      init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
          value = text
          return
        }
        struct Repeated: Decodable {
          var repeatWord: String
          var count: Int
        }
        let repeated = try Repeated(from: decoder)
        value = Array(repeating: repeated.repeatWord, count: repeated.count).joined(separator: " ")
      }
    }
    struct Pair: Decodable {
      var a: Text
      var b: Text
      var maxLength: Int?
      var ids: [Int32]?
      var idsRle: [[Int32]]?
      var tokenTypeIds: [Int32]?
      var tokenTypeIdsRle: [[Int32]]?
      var specialTokensMaskByTemplate: [Int32]?
      var specialTokensMaskByTemplateRle: [[Int32]]?
      var specialTokensMaskById: [Int32]?
      var specialTokensMaskByIdRle: [[Int32]]?
    }
    var single: [Single]
    var pairs: [Pair]
    var casedFlag: [Single]

    static func load() throws -> Vectors {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Vectors.self, from: WordPieceFixtures.data("vectors.json"))
    }
  }

  /// A new folder with one test's files.
  static func folder(_ files: [String: String] = [:]) throws -> TemporaryFolder {
    let folder = TemporaryFolder()
    for (name, text) in files { try Data(text.utf8).write(to: URL(fileURLWithPath: folder[name])) }
    return folder
  }
}
