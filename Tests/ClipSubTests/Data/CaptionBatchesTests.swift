import ClipSub
import SubCore
import SubData
import TestSupport
import Testing

struct CaptionBatchesTests {
  private let folder = TemporaryFolder()

  private static func batches(
    _ source: String, order: CaptionOrder, from position: CaptionPosition = CaptionPosition(), size: Int = 8,
    threads: Int = 1, fills: Bool = true
  ) throws -> CaptionBatches {
    CaptionBatches(
      try CaptionStream(CaptionSet(source, readsLabels: true), order: order, from: position),
      tokenizer: try CaptionFiles.tokenizer(),
      pipeline: .clipTraining(size: 16), batchSize: size, key: RandomKey(seed: 1), fills: fills,
      threads: threads)
  }

  /// What a model sees of the images.
  private func numbers(_ batch: CaptionBatch) -> [Float] { Tensor(batch.pixels, on: .cpu).floats() }

  @Test func `batches do not depend on threads, and resume bit for bit`() throws {
    let source = CaptionFiles.embedded + "/train-{0000..0001}.tar.gz"
    let order = CaptionOrder(seed: 5, buffer: 100, initial: 50)
    let one = try Self.batches(source, order: order)
    let first = try (0..<6).map { _ in try #require(try one.next()) }
    #expect(
      first[0].pixels.bytes.shape == [8, 16, 16, 3] && first[0].tokens.allSatisfy { $0.first == 657 && $0.last == 658 })
    let four = try Self.batches(source, order: order, threads: 4).loader(count: 6)
    for batch in first {
      let made = try #require(try four.next())
      let other = try #require(made)
      #expect(numbers(other) == numbers(batch) && other.captions == batch.captions)
      #expect(other.tokens == batch.tokens && other.position == batch.position)
    }
    let resumed = try Self.batches(source, order: order, from: first[2].position)
    for batch in first[3...] {
      let other = try #require(try resumed.next())
      #expect(numbers(other) == numbers(batch) && other.captions == batch.captions)
    }
  }

  /// Twenty pictures, of which every fifth is broken.
  private func partlyBroken() throws -> String {
    for index in 0..<20 {
      try CaptionFiles.write(index % 5 == 2 ? [1, 2, 3] : CaptionFiles.png, folder["\(10 + index).png"])
      try CaptionFiles.write("number \(10 + index)".utf8, folder["\(10 + index).txt"])
    }
    return folder.path
  }

  @Test func `in training another pair takes the place of a broken image, and the others keep theirs`() throws {
    let order = CaptionOrder(seed: 0, shuffles: false)
    let source = try partlyBroken()
    let batches = try Self.batches(source, order: order)
    let first = try #require(try batches.next())
    let broken = [2, 7]
    for row in 0..<8 where !broken.contains(row) { #expect(first.captions[row] == "number \(10 + row)") }
    for row in broken {
      // One that can be read and that the batch does not have otherwise.
      let number = try #require(Int(first.captions[row].split(separator: " ")[1]))
      #expect(number >= 18 && number % 5 != 2)
    }
    #expect(first.position.delivered == 8 && batches.faults.count(.brokenImage) >= 2)
    #expect(batches.faults.summary.contains("12.png"))
    let second = try #require(try batches.next())
    #expect(second.captions[0] == "number 18" && second.count == 8)
    let resumed = try Self.batches(source, order: order, from: first.position)
    let again = try #require(try resumed.next())
    #expect(again.captions == second.captions && numbers(again) == numbers(second))
  }

  @Test func `in evaluation a broken image is left out`() throws {
    let order = CaptionOrder(seed: 0, shuffles: false, repeats: false)
    let batches = try Self.batches(partlyBroken(), order: order, fills: false)
    let first = try #require(try batches.next())
    #expect(
      first.captions == [10, 11, 13, 14, 15, 16].map { "number \($0)" } && first.pixels.bytes.shape == [6, 16, 16, 3])
    #expect(try #require(try batches.next()).count == 7)
    #expect(try #require(try batches.next()).count == 3)
    #expect(try batches.next() == nil && batches.faults.count(.brokenImage) == 4)
  }

  /// The rest of a list is left out, as a loader does that drops its last batch: none has a pair twice.
  @Test func `an epoch of a list ends with its last whole batch`() throws {
    for index in 0..<11 {
      try CaptionFiles.write(CaptionFiles.png, folder["\(index).png"])
      try CaptionFiles.write("number \(index)".utf8, folder["\(index).txt"])
    }
    let batches = try Self.batches(folder.path, order: CaptionOrder(seed: 3), size: 4)
    for epoch in 0..<3 {
      var captions: [String] = []
      for _ in 0..<2 {
        let batch = try #require(try batches.next())
        #expect(batch.position.epoch == epoch)
        captions += batch.captions
      }
      #expect(Set(captions).count == 8)
    }
  }

  @Test func `nothing but broken images ends the run`() throws {
    for index in 0..<5 {
      try CaptionFiles.write([1, 2, 3], folder["\(index).png"])
      try CaptionFiles.write("x".utf8, folder["\(index).txt"])
    }
    let batches = try Self.batches(folder.path, order: CaptionOrder(seed: 0))
    let error = #expect(throws: InputError.self) { _ = try batches.next() }
    #expect(error?.what.contains("with an image that cannot be read") == true)
  }
}
