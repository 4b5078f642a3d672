import SubCore
import TestSupport
import Testing

@Suite("Ranks") struct RanksTests {
  @Test("Rows are divided without rest, in order, and rank 0 has the first", arguments: [1, 2, 3, 5, 8])
  func rows(count: Int) throws {
    let parts = try ThreadRanks.run(count) { ranks in (0...20).map { ranks.rows(of: $0) } }
    for total in 0...20 {
      let rows = parts.map { $0[total] }
      #expect(rows.flatMap { Array($0) } == Array(0..<total))
      #expect(rows.allSatisfy { (total / count...(total + count - 1) / count).contains($0.count) })
      #expect(total == 0 || !rows[0].isEmpty)
    }
  }

  @Test("Sums are those in the order of the ranks, whatever they are carried by", arguments: [1, 2, 3, 4])
  func sums(count: Int) throws {
    let (size, key) = (1001, RandomKey(seed: 3))
    let own: @Sendable (Int) -> [Float] = { rank in (0..<size).map { Float(key.fold(rank).normal(at: $0)) } }
    let expected = (1..<count).reduce(own(0)) { sum, rank in zip(sum, own(rank)).map { $0 + $1 } }
    let sums = try ThreadRanks.run(count) { ranks in
      let tensor = Tensor(HostArray(own(ranks.rank), shape: [size]), on: .cpu)
      ranks.sum(tensor)
      return tensor.floats()
    }
    #expect(sums.allSatisfy { $0 == expected })
    let doubles = try ThreadRanks.run(count) { $0.sum([0.1, Double($0.rank)]) }
    #expect(doubles.allSatisfy { $0[1] == Double(count * (count - 1) / 2) })
  }

  @Test("Rows of tensors are gathered, and sums of gathered ones scattered") func gathers() throws {
    let results = try ThreadRanks.run(3) { ranks in
      let own = Tensor([Double(ranks.rank), 10], [1, 2], on: .cpu)
      let all = ranks.gather(own)
      return (all.shape.dimensions, all.floats(), ranks.reduceScatter(all).floats())
    }
    for (rank, result) in results.enumerated() {
      #expect(result.0 == [3, 2] && result.1 == [0, 10, 1, 10, 2, 10])
      #expect(result.2 == [Float(3 * rank), 30])
    }
  }

  @Test("Uneven values, texts and flags") func values() throws {
    let results = try ThreadRanks.run(3) { ranks in
      let uneven = ranks.gatherUneven([Int16](repeating: Int16(ranks.rank), count: 2 - ranks.rank))
      let texts = ranks.gatherUneven([["a\nb", "", "é"], [], ["c"]][ranks.rank])
      #expect(texts == [["a\nb", "", "é"], [], ["c"]])
      return (
        uneven, ranks.broadcast("text \(ranks.rank)"), ranks.anyone(ranks.rank == 2), ranks.anyone(false)
      )
    }
    for result in results {
      #expect(result.0 == [[0, 0], [1], []] && result.1 == "text 0")
      #expect(result.2 && !result.3)
    }
  }
}
