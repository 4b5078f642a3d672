import Foundation
import SubData
import Testing

/// Ids equal to Hugging Face's fast BERT tokenizer.
@Suite struct WordPieceTests {
  @Test func `every single vector gives the words, pieces and ids of the reference`() throws {
    let tokenizer = try WordPieceFixtures.tokenizer()
    let vectors = try WordPieceFixtures.Vectors.load().single
    #expect(vectors.count == 72)
    for vector in vectors {
      let encoding = tokenizer.encode(vector.text, nil)
      #expect(encoding.ids == vector.ids, "\(vector.name)")
      #expect(tokenizer.tokens(of: encoding.ids) == vector.tokens, "\(vector.name)")
      // Compared scalar by scalar: String's == would not tell é from e followed by an accent.
      let words = tokenizer.normalizer.words(of: vector.text).map { Array($0.unicodeScalars) }
      #expect(words == vector.basicWords?.map { Array($0.unicodeScalars.prefix(100)) }, "\(vector.name)")
    }
  }

  @Test func `every cased vector gives the ids of the reference`() throws {
    let tokenizer = try WordPieceFixtures.tokenizer(lowercase: false)
    let vectors = try WordPieceFixtures.Vectors.load().casedFlag
    #expect(vectors.count == 6)
    for vector in vectors { #expect(tokenizer.encode(vector.text, nil).ids == vector.ids, "\(vector.name)") }
  }

  @Test func `every pair vector gives ids, types and both special masks, truncation included`() throws {
    func unpack(_ runs: [[Int32]]?) -> [Int32]? {
      runs?.flatMap { Array(repeating: $0[0], count: Int($0[1])) }
    }
    let tokenizer = try WordPieceFixtures.tokenizer()
    let vectors = try WordPieceFixtures.Vectors.load().pairs
    #expect(vectors.count == 11)
    for (index, vector) in vectors.enumerated() {
      let encoding = tokenizer.encode(vector.a.value, vector.b.value, maxLength: vector.maxLength)
      let label: Comment = "pair \(index)"
      #expect(encoding.ids == vector.ids ?? unpack(vector.idsRle), label)
      #expect(encoding.typeIds == vector.tokenTypeIds ?? unpack(vector.tokenTypeIdsRle), label)
      let template = vector.specialTokensMaskByTemplate ?? unpack(vector.specialTokensMaskByTemplateRle)
      #expect(encoding.specialTokensMask.map { Int32($0) } == template, label)
      let byID = vector.specialTokensMaskById ?? unpack(vector.specialTokensMaskByIdRle)
      #expect(encoding.ids.map { tokenizer.isSpecial($0) ? 1 : 0 } == byID, label)
    }
  }

  /// The blocks where something happens; `scripts/reference/wordpiece_scalars.py` digests all planes.
  @Test(arguments: ["uncased", "cased"]) func `every scalar is cleaned, folded and split as the reference does`(
    _ kind: String
  ) throws {
    let data = try WordPieceFixtures.data("scalars.json")
    let digests = try #require(try JSONDecoder().decode([String: [String]].self, from: data)[kind])
    let normalizer = BertNormalizer(lowercase: kind == "uncased")
    for block in Array(0..<0x12) + [0x16, 0x18, 0x1B, 0x1D, 0x1E, 0x2B, 0x2F, 0xE0] {
      var digest: UInt64 = 0xcbf2_9ce4_8422_2325
      for code in block << 12..<(block + 1) << 12 {
        guard let scalar = Unicode.Scalar(UInt32(code)) else { continue }
        let c = String(scalar)
        for text in [c, "a" + c + "b", c + c] {
          for word in normalizer.words(of: text) {
            for byte in word.utf8 { digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3 }
            digest = (digest ^ 10) &* 0x100_0000_01b3
          }
          digest = (digest ^ 10) &* 0x100_0000_01b3
        }
      }
      let hexadecimal = String(digest, radix: 16)
      #expect(
        String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal == digests[block],
        "code points \(String(block, radix: 16))000")
    }
  }

  @Test func `a hundred scalars make pieces, one more makes the unknown token`() throws {
    let tokenizer = try WordPieceFixtures.tokenizer()
    #expect(tokenizer.encode(String(repeating: "a", count: 100)).count > 1)
    #expect(tokenizer.encode(String(repeating: "a", count: 101)) == [tokenizer.unknownID])
    #expect(tokenizer.encode(String(repeating: "é", count: 100)).count > 1)
    #expect(tokenizer.encode(String(repeating: "é", count: 101)) == [tokenizer.unknownID])
    #expect(tokenizer.encode(String(repeating: "𝒲", count: 100_000)) == [tokenizer.unknownID])
  }

  @Test func `marks that stay are put in canonical order`() {
    let normalizer = BertNormalizer(lowercase: true)
    func scalars(_ text: String) -> [UInt32] { normalizer.words(of: text).flatMap { $0.unicodeScalars.map(\.value) } }
    // U+302E has class 218, U+1D165 has 216: they swap, unless a mark of class 0 (U+0901) stood between them.
    #expect(scalars("a\u{302E}\u{1D165}") == [0x61, 0x1D165, 0x302E])
    #expect(scalars("a\u{302E}\u{0901}\u{1D165}") == [0x61, 0x302E, 0x1D165])
    #expect(scalars("a\u{302E}\u{0301}\u{1D165}") == [0x61, 0x1D165, 0x302E])
  }

  @Test func `truncation never drops the special tokens`() throws {
    let tokenizer = try WordPieceFixtures.tokenizer()
    #expect(tokenizer.encode("one two", nil, maxLength: 0).ids == [101, 102])
    #expect(tokenizer.encode("one two", nil, maxLength: 3).ids == [101, 2028, 102])
    #expect(tokenizer.encode("one", "two", maxLength: 3).ids == [101, 102, 102])
    #expect(tokenizer.encode("one", "two", maxLength: 4).ids == [101, 102, 2048, 102])
    #expect(tokenizer.encode("", nil).ids == [101, 102])
  }
}
