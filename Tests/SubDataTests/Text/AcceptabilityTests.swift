import Foundation
import SubData
import TestSupport
import Testing

/// The embedded sample and its vocabulary.
@Suite struct AcceptabilityTests {
  private func read(_ split: GLUESplit) throws -> [TextExample] {
    try GLUEReader(task: .cola, data: Repository.path + "/datasets/acceptability").read(split).examples
  }

  @Test func `the sample has the sizes and the balance its page says`() throws {
    let train = try read(.train)
    let dev = try read(.dev)
    #expect(train.count == 3600 && dev.count == 400)
    #expect(try read(.test).count == 100)
    for examples in [train, dev] {
      let share = examples.reduce(0) { $0 + $1.label! } / Float(examples.count)
      #expect((0.55...0.65).contains(share))
    }
  }

  @Test func `no sentence occurs twice`() throws {
    let sentences = try [GLUESplit.train, .dev, .test].flatMap { try read($0).map(\.first) }
    #expect(Set(sentences).count == sentences.count)
  }

  @Test func `the vocabulary is what the trainer makes of the training set, byte for byte`() throws {
    let pieces = try WordPieceTrainer.train(read(.train).map(\.first), size: 400, lowercase: true)
    let file = try String(contentsOfFile: Repository.path + "/tokenizers/acceptability/vocab.txt", encoding: .utf8)
    #expect(pieces.map { $0 + "\n" }.joined() == file)
  }

  @Test func `every sentence can be spelled with the vocabulary`() throws {
    let tokenizer = try WordPieceTokenizer(folder: Repository.path + "/tokenizers/acceptability")
    for split in [GLUESplit.train, .dev, .test] {
      for example in try read(split) {
        #expect(!tokenizer.encode(example.first).contains(tokenizer.unknownID), "\(example.first)")
      }
    }
  }
}
