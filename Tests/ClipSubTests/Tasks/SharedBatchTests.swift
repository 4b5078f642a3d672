import ClipSub
import SubNN
import SubTrain
import TestSupport
import Testing

@testable import SubCore

/// A batch that ranks share has the loss and the gradient of the whole.
struct SharedBatchTests {
  /// What all ranks of a step leave together.
  private struct Outcome: Sendable {
    let gradients: [(name: String, values: [Double])]
    let losses: [Double]
  }

  private static func step(_ method: String, pieces: Int, among ranks: any Communicator) throws -> Outcome {
    let tiny = TinyCLIP(SmallPairs.config, dtype: .f32, on: .cpu)
    let gradients = Gradients(tiny.set)
    let parts = try Methods.named(method).init(ratio: 0.4).inParts(
      pieces, ContrastiveTask(tiny.model), SmallPairs.batch(64, sharedBy: ranks), into: gradients,
      pass: Pass(isTraining: true, key: RandomKey(seed: 2)), scale: 1 / Double(ranks.count))
    let losses = [parts[0].losses.main.item] + (parts[0].losses.sub.map { [$0.item] } ?? [])
    return Outcome(
      gradients: tiny.set.parameters.map { ($0.name, ranks.sum(gradients.value(of: $0).doubles())) },
      losses: ranks.sum(losses).map { $0 / Double(ranks.count) })
  }

  private static func check(_ method: String, pieces: Int, ranks: Int) throws {
    let whole = try step(method, pieces: 1, among: SingleProcess())
    let outcomes = try ThreadRanks.run(ranks) { try step(method, pieces: pieces, among: $0) }
    for outcome in outcomes {
      for (one, all) in zip(outcome.losses, whole.losses) { #expect(abs(one - all) < 1e-6 * all, "\(one) \(all)") }
      #expect(outcome.losses.count == whole.losses.count)
      var (error, norm) = (0.0, 0.0)
      for (one, all) in zip(outcome.gradients, whole.gradients) {
        #expect(one.values.count == all.values.count)
        error += zip(one.values, all.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        norm += all.values.reduce(0) { $0 + $1 * $1 }
        // A key's bias has no gradient by mathematics; what is there is rounding.
        let isRounding = all.name.hasSuffix("qkv.bias")
        #expect(isRounding || distance(all.values, one.values) < 1e-5, "\(method) on \(ranks) ranks: \(all.name)")
      }
      #expect(error.squareRoot() < 1e-6 * norm.squareRoot(), "\(method) on \(ranks) ranks, \(pieces) pieces")
    }
  }

  @Test(arguments: [2, 4], [1, 3]) func `MaskSub's step, whole and in pieces`(ranks: Int, pieces: Int) throws {
    try Self.check("masksub", pieces: pieces, ranks: ranks)
  }

  @Test(arguments: Methods.all.map { $0.name }) func `Every method's step on two ranks`(name: String) throws {
    try Self.check(name, pieces: 1, ranks: 2)
    try Self.check(name, pieces: 2, ranks: 2)
  }

  @Test(arguments: [2, 3, 4]) func `In f64 parts add up to the whole, main and sub loss`(parts: Int) {
    let (count, width, key) = (12, 5, RandomKey(seed: 7))
    let rows = { (stream: Int) in
      let values = (0..<count * width).map { key.fold(stream).normal(at: $0) }
      return Tensor(values, [count, width], dtype: .f64, on: .reference).normalizedRows()
    }
    /// Both losses of pairs whose parts are judged one by one, and the gradients of features and scale.
    func judged(in parts: Int) -> (losses: [Double], gradients: [[Double]]) {
      let scale = Tensor([2.3], [], dtype: .f64, on: .reference)
      let leaves = [rows(0), rows(1), rows(2), scale].map { Junction($0, isLeaf: true) }
      let gradients = Gradients(TinyCLIP(TinyCLIP.config(.gelu)).set)
      var losses = [0.0, 0.0]
      for part in 0..<parts {
        let own = count * part / parts..<count * (part + 1) / parts
        func features(_ leaf: Int) -> Contrastive.Features {
          let all = leaves[leaf].tensor
          return .init(all[own], of: all, from: own.lowerBound)
        }
        let main = Contrastive.Similarities(images: features(0), texts: features(1), logScale: leaves[3].tensor)
        let sub = Contrastive.Similarities(images: features(2), texts: features(1), logScale: leaves[3].tensor)
        let target = Contrastive.softTarget(of: main)
        for (index, loss) in [Contrastive.loss(main), Contrastive.loss(sub, mimicking: target)].enumerated() {
          losses[index] += loss.item / Double(parts)
          loss.backward(into: gradients, scale: 1 / Double(parts))
        }
        #expect(main.rows.shape == [own.count, count] && main.columns.shape == [own.count, count])
        #expect(target.rows.shape == [own.count, count] && target.columns.shape == [own.count, count])
      }
      return (losses, leaves.map { $0.gradient?.doubles() ?? [] })
    }
    let (whole, divided) = (judged(in: 1), judged(in: parts))
    #expect(distance(whole.losses, divided.losses) < 1e-12)
    for (one, other) in zip(whole.gradients, divided.gradients) {
      #expect(one.contains { $0 != 0 } && distance(one, other) < 1e-12)
    }
  }

  @Test func `Gathered rows send every rank the sum of what all losses say of its own`() throws {
    let results = try ThreadRanks.run(3) { ranks in
      let own = Junction(Tensor([Double(ranks.rank), 1], [1, 2], on: .cpu), isLeaf: true)
      let all = own.tensor.gathered(over: ranks)
      // Rank r's loss is Σ (10^r · x), so that every row's gradient has a digit of every rank.
      let weight = [1.0, 10, 100][ranks.rank]
      (all * weight).sum().backward(into: Gradients(TinyCLIP(TinyCLIP.config(.gelu), dtype: .f32, on: .cpu).set))
      return (all.floats(), own.gradient?.floats() ?? [])
    }
    for result in results { #expect(result.0 == [0, 1, 1, 1, 2, 1] && result.1 == [111, 111]) }
  }

  @Test func `No rank has a matrix of all pairs by all`() throws {
    let (all, ranks) = (512, 4)
    /// The largest block, in bytes, that both losses of some pairs and their ways back ask for.
    let largest: @Sendable (any Communicator) -> Int = { ranks in
      let (own, key) = (ranks.rows(of: all), RandomKey(seed: 1))
      let leaves = (0..<3).map { stream in
        let values = (own.lowerBound * 8..<own.upperBound * 8).map { key.fold(stream).normal(at: $0) }
        return Junction(Tensor(values, [own.count, 8], on: .cpu).normalizedRows(), isLeaf: true)
      }
      let gradients = Gradients(TinyCLIP(TinyCLIP.config(.gelu), dtype: .f32, on: .cpu).set)
      let scale = Tensor([2], [], on: .cpu)
      let trace = MemoryTrace.recording {
        // Every loss's way back goes through a gathering of its own.
        func features(_ number: Int) -> Contrastive.Features {
          let tensor = leaves[number].tensor
          return Contrastive.Features(tensor, of: tensor.gathered(over: ranks), from: own.lowerBound)
        }
        let main = Contrastive.Similarities(images: features(0), texts: features(1), logScale: scale)
        let target = Contrastive.softTarget(of: main)
        Contrastive.loss(main).backward(into: gradients)
        let sub = Contrastive.Similarities(images: features(2), texts: features(1), logScale: scale)
        Contrastive.loss(sub, mimicking: target).backward(into: gradients)
      }
      return Int(trace.events.max() ?? 0)
    }
    let matrix = 4 * all * all
    #expect(largest(SingleProcess()) >= matrix)
    for bytes in try ThreadRanks.run(ranks, { largest($0) }) {
      #expect(bytes >= matrix / ranks && bytes < matrix / 2, "\(bytes) of \(matrix)")
    }
  }
}
