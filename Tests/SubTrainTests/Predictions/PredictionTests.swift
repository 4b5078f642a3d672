import SubCore
import SubTrain
import Testing

/// What logits say, and what lies near.
@Suite struct PredictionTests {
  private func shares(_ prediction: Prediction) -> [Prediction.Share] {
    if case .classes(let shares) = prediction { shares } else { [] }
  }

  @Test func `softmax shares sum to 1, the best come first, of equal ones the first`() {
    let reader = PredictionReader(.softmax, classNames: ["a", "b", "c", "d"], top: 3)
    let found = shares(reader([1, 3, 1, 2] as [Float]))
    #expect(found.map(\.index) == [1, 3, 0] && found.map(\.name) == ["b", "d", "a"])
    let all = Likelihood.softmax.probabilities([1, 3, 1, 2] as [Float])
    #expect(abs(all.reduce(0, +) - 1) < 1e-12 && abs(found[0].probability - 0.6102956) < 1e-6)
    // Large logits do not overflow.
    #expect(Likelihood.softmax.probabilities([1000, 0] as [Float]) == [1, 0])
  }

  @Test func `sigmoid takes every class by itself`() {
    let found = shares(PredictionReader(.sigmoid, top: 9)([0, 2] as [Float]))
    #expect(found.map(\.index) == [1, 0] && found[1].probability == 0.5 && found[0].name == nil)
  }

  @Test func `a regression gives its values; what is no number comes last`() {
    #expect(PredictionReader(nil)([2.5] as [Float]) == .values([2.5]))
    #expect(PredictionReader(nil)([2.5, -1] as [Float]) == .values([2.5, -1]))
    #expect(shares(PredictionReader(.sigmoid)([.nan, -3] as [Float])).map(\.index) == [1, 0])
  }

  @Test func `top-1 and top-5 with ties and a NaN`() {
    let scores: [Float] = [
      0, 1, 2, 3, 4, 5, 6,  // label 6: rank 0
      6, 5, 4, 3, 2, 1, 0,  // label 4: rank 4
      6, 5, 4, 3, 2, 1, 0,  // label 5: rank 5
      1, 1, 1, 1, 1, 1, 1,  // label 1: rank 1, the first is better
      0, .nan, 0, 0, 0, 0, 0,  // label 1: last
    ]
    let accuracy = TopAccuracy(ranks: Ranking.ranks(scores, labels: [6, 4, 5, 1, 1]))
    #expect(accuracy.top1 == 0.2 && accuracy.top5 == 0.6 && accuracy.count == 5)
  }

  @Test func `neighbours by cosine, the query itself left out`() throws {
    let vectors: [Float] = [1, 0, 0, 2, 3, 3, -1, 0]
    let neighbours = Neighbours(vectors, width: 2, on: .cpu)
    let found = try neighbours.nearest(2, to: [[5, 0], [0, 0.1]])
    #expect(found.map { $0.map(\.index) } == [[0, 2], [1, 2]])
    #expect(abs(found[0][1].cosine - 0.70710677) < 1e-6 && found[0][0].cosine == 1)
    let own = try neighbours.nearest(9, to: [[1, 0]]) { $0 }
    #expect(own[0].map(\.index) == [2, 1, 3])
  }
}
