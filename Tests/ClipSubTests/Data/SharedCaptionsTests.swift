import ClipSub
import Foundation
import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

/// Ranks that share batches by rows make together what one process makes, whatever the data is like.
struct SharedCaptionsTests {
  /// A batch, or one rank's rows of it.
  private struct Made: Sendable, Equatable {
    var texts: [[Int32]]
    var pixels: [Float]
    let state: JSON

    /// Rows of several ranks, in their order.
    static func joined(_ rows: [[Made]]) -> [Made] {
      rows[0].indices.map { number in
        Made(
          texts: rows.flatMap { $0[number].texts }, pixels: rows.flatMap { $0[number].pixels },
          state: rows[0][number].state)
      }
    }
  }

  private static func source(
    _ path: String, batchSize: Int = 12, sharedBy ranks: any Communicator
  ) throws -> CaptionSource {
    try CaptionSource(
      CaptionSet(path), order: CaptionOrder(seed: 5, buffer: 20, initial: 10), tokenizer: CaptionFiles.tokenizer(),
      pipeline: .clipTraining(size: 8), batchSize: batchSize, contextLength: 16, seed: 2, threads: 2, sharedBy: ranks,
      on: .cpu)
  }

  /// Some batches from a state on, as so many ranks make them.
  private static func batches(
    _ count: Int, of path: String, from state: JSON = .null, among ranks: Int
  ) throws -> [Made] {
    let rows = try ThreadRanks.run(ranks) { ranks in
      let source = try source(path, sharedBy: ranks)
      try source.seek(0, state: state)
      return try (0..<count).map { _ in
        let batch = try source.next()
        return Made(texts: batch.texts, pixels: batch.images.floats(), state: source.state)
      }
    }
    #expect(rows.allSatisfy { $0.map(\.state) == rows[0].map(\.state) }, "\(path) on \(ranks) ranks")
    return Made.joined(rows)
  }

  /// Shards, a table and a folder of pictures, in a folder.
  private static func sources(in folder: TemporaryFolder) throws -> [String] {
    // One shard has more pairs than all others, another one pair alone, and there are fewer than ranks.
    try CaptionFiles.pictures([40, 1, 4], broken: { $0 == 0 && $1 % 9 == 4 }, in: folder["uneven"])
    try CaptionFiles.pictures([30], in: folder["single"])
    var rows = "filepath\ttitle\n"
    for index in 0..<40 {
      let path = try CaptionFiles.write(index % 11 == 3 ? [7] : CaptionFiles.png, folder["table/\(index).png"])
      rows += "\(path)\tpicture \(index)\n"
      try CaptionFiles.write("picture \(index)".utf8, folder["table/\(index).txt"])
    }
    try CaptionFiles.write(rows.utf8, folder["table.csv"])
    return [
      folder["uneven"], folder["single"], folder["table.csv"], folder["table"],
      CaptionFiles.embedded + "/train-0000.tar.gz",
    ]
  }

  @Test func `Batches of 2, 3 and 4 ranks are those of one process, over epochs, and so they resume`() throws {
    let folder = TemporaryFolder()
    for path in try Self.sources(in: folder) {
      let whole = try Self.batches(9, of: path, among: 1)
      #expect(whole.allSatisfy { $0.texts.count == 12 })
      for ranks in [2, 3, 4] {
        let shared = try Self.batches(9, of: path, among: ranks)
        #expect(shared == whole, "\(path) on \(ranks) ranks")
        // With another number of ranks, too.
        let resumed = try Self.batches(5, of: path, from: shared[3].state, among: ranks % 3 + 1)
        #expect(resumed == Array(whole[4...]), "\(path) resumed by \(ranks % 3 + 1) ranks after \(ranks)")
      }
    }
  }

  @Test func `Every pair of an epoch comes once, whoever has it`() throws {
    let folder = TemporaryFolder()
    try CaptionFiles.pictures([25, 2, 9], in: folder.path)
    let made = try Self.batches(6, of: folder.path, among: 4).flatMap(\.texts)
    #expect(Set(made[..<36]).count == 36 && Set(made[36...]) == Set(made[..<36]))
  }

  @Test func `Epochs are as long on every rank, and rank 0 counts`() throws {
    let folder = TemporaryFolder()
    try CaptionFiles.pictures([40, 1, 4], in: folder.path)
    let path = folder.path
    let lengths = try ThreadRanks.run(4) { ranks in
      let source = try Self.source(path, sharedBy: ranks)
      try source.check()
      return [source.batchesPerEpoch, source.fullBatch.samples]
    }
    #expect(lengths == Array(repeating: [4, 3], count: 4))
  }

  @Test func `What is broken on one rank is counted by all, once`() throws {
    let folder = TemporaryFolder()
    // Of a batch of 12 in order, the pictures 1 and 10: rows of ranks 0 and 3.
    try CaptionFiles.pictures([24], broken: { [1, 10].contains($1) }, in: folder.path)
    let path = folder.path
    let summaries = try ThreadRanks.run(4) { ranks in
      let batches = CaptionBatches(
        try CaptionStream(CaptionSet(path), order: CaptionOrder(seed: 0, shuffles: false)),
        tokenizer: try CaptionFiles.tokenizer(), pipeline: .clipTraining(size: 8), batchSize: 12,
        rows: ranks.rows(of: 12), key: RandomKey(seed: 1))
      _ = try batches.next()
      return (own: batches.faults.count(.brokenImage), all: batches.faults.summary(over: ranks))
    }
    #expect(summaries.map(\.own) == [1, 0, 0, 1])
    for summary in summaries {
      #expect(summary.all.hasPrefix("2 with an image that cannot be read"))
      #expect(summary.all.contains("0-1") && summary.all.contains("0-10"))
    }
  }

  @Test func `Too many broken images end the run, though a rank sees a share of them`() throws {
    let folder = TemporaryFolder()
    try CaptionFiles.pictures([400], broken: { $1 % 3 > 0 }, in: folder.path)
    let path = folder.path
    #expect(throws: InputError.self) { _ = try Self.batches(60, of: path, among: 4) }
  }
}
