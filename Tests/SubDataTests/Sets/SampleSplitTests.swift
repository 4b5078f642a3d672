import SubCore
import SubData
import Testing

/// Samples that are held out, and few-shot samples.
struct SampleSplitTests {
  private let labels = (0..<200).map { $0 < 150 ? 0 : $0 < 197 ? 1 : 2 }

  @Test func `every class is held out by its share, and keeps some`() {
    let (training, held) = SampleSplit(fraction: 0.1, seed: 3).parts(labels, count: 200)
    #expect(held.count == 20 && Set(training).isDisjoint(with: held) && training.count == 180)
    #expect(held == held.sorted() && training == training.sorted())
    let counts = (0..<3).map { label in held.count { labels[$0] == label } }
    #expect(counts[0] == 15 && counts[1] == 5 && counts[2] == 0, "\(counts)")
    let most = SampleSplit(fraction: 0.9).parts(labels, count: 200)
    #expect(Set(most.training.map { labels[$0] }) == [0, 1, 2] && most.held.count == 180)
    // A class of one is trained on.
    #expect(SampleSplit(fraction: 0.5).parts([0, 0, 1], count: 3).held.allSatisfy { $0 < 2 })
  }

  @Test func `a seed decides, and nothing else`() {
    let split = SampleSplit(fraction: 0.1, seed: 3)
    #expect(split.parts(labels, count: 200).held == split.parts(labels, count: 200).held)
    #expect(split.parts(labels, count: 200).held != SampleSplit(fraction: 0.1, seed: 4).parts(labels, count: 200).held)
    #expect(SampleSplit(fraction: 0.25).parts(nil, count: 40).held.count == 10)
    #expect(SampleSplit().parts(labels, count: 200).training == Array(0..<200))
  }

  @Test func `shots are so many of each class of what is not held out`() {
    let (training, held) = SampleSplit(fraction: 0.1, shots: 5).parts(labels, count: 200)
    #expect((0..<3).map { label in training.count { labels[$0] == label } } == [5, 5, 3])
    #expect(held == SampleSplit(fraction: 0.1).parts(labels, count: 200).held)
  }

  /// scikit-learn's compute_class_weight.
  @Test func `class weights are balanced or given`() throws {
    let names = ["a", "b", "c"]
    #expect(try ClassWeights.balanced.values(labels: [0, 0, 0, 1, 1, 2], names: names) == [Float(2.0 / 3), 1, 2])
    #expect(try ClassWeights.given([1, 2, 0.5]).values(labels: [], names: names) == [1, 2, 0.5])
    #expect(throws: InputError.self) { try ClassWeights.given([1, 2]).values(labels: [], names: names) }
  }
}
