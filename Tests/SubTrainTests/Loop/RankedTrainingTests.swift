import Foundation
import SubData
import SubNN
import Synchronization
import TestSupport
import Testing

@testable import SubCore
@testable import SubTrain

@Suite struct RankedTrainingTests {
  /// What a rank saw of a run.
  private struct Seen: Sendable {
    var records: [MetricsRecord] = []
    var weights: [Float] = []
    var position = Checkpoint.Position()
    var interruption: Interruption?
  }

  private final class Notebook: Reporter {
    var records: [MetricsRecord] = []
    var stepsUntilSignal: (steps: Int, signal: Interruption.Simulated)?
    func trained(_ record: MetricsRecord) { records.append(record) }
    func updated(to step: Int) { if let signal = stepsUntilSignal, signal.steps == step { signal.signal.raise() } }
  }

  /// A run of 22 points in batches of 4: the last one of an epoch has two, so that of four ranks two have none.
  private static func train(
    _ ranks: any Communicator, in folder: String? = nil, steps: Int = 14, resuming: Bool = false,
    signalAfter: Int? = nil,
    _ change: (inout LoopSettings) -> Void = { _ in }
  ) throws -> Seen {
    let points = PointClasses()
    points.source.ranks = ranks
    let notebook = Notebook()
    let signal = Interruption.Simulated(raised: false)
    notebook.stepsUntilSignal = signalAfter.map { ($0, signal) }
    let run = try folder.map { try RunFolder.open(output: $0, resume: resuming, command: "points", over: ranks) }
    if ranks.rank == 0 { try run?.writeConfiguration(command: "points", arguments: [], [:]) }
    let trainer = points.trainer(steps: steps, in: run, reporter: notebook) {
      ($0.ranks, $0.clipNorm) = (ranks, 0.5)
      change(&$0)
    }
    var seen = Seen()
    try Interruption.$simulated.withValue(signal) {
      do { seen.position = try trainer.train(resuming: resuming).position } catch let error as Interruption {
        seen.interruption = error
      }
    }
    (seen.records, seen.weights) = (notebook.records, points.weights)
    return seen
  }

  private static func expect(_ seen: Seen, closeTo one: Seen) {
    #expect(seen.records.count == one.records.count)
    for (own, other) in zip(seen.records, one.records) {
      let pairs = [
        (own.loss, other.loss), (own.lossMain, other.lossMain), (own.lossSub, other.lossSub),
        (own.gradNorm, other.gradNorm), (own.gradNormMain, other.gradNormMain), (own.gradNormSub, other.gradNormSub),
      ]
      for case (let a?, let b?) in pairs { #expect(abs(a - b) <= 1e-5 * abs(b)) }
      #expect((own.lossSub == nil) == (other.lossSub == nil) && (own.gradNormSub == nil) == (other.gradNormSub == nil))
    }
    #expect(seen.position.samples == one.position.samples && seen.position.batches == one.position.batches)
    #expect(zip(seen.weights, one.weights).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test(arguments: [2, 3, 4], [1, 3]) func `ranks train as one process does`(count: Int, parts: Int) throws {
    let change: @Sendable (inout LoopSettings) -> Void = { ($0.parts, $0.analyze) = (parts, true) }
    let one = try Self.train(SingleProcess(), change)
    let all = try ThreadRanks.run(count) { try Self.train($0, change) }
    #expect(all.allSatisfy { $0.weights == all[0].weights })
    // Everybody knows the losses of all.
    #expect(all.allSatisfy { $0.records.map(\.loss) == all[0].records.map(\.loss) })
    Self.expect(all[0], closeTo: one)
  }

  @Test(arguments: [2, 4]) func `sums that begin during the backward pass change no bit`(count: Int) throws {
    let runs = try [GradientOverlap.never, .always].map { overlap in
      try ThreadRanks.run(count) { try Self.train($0) { $0.overlap = overlap } }
    }
    #expect(runs[1].allSatisfy { $0.weights == runs[0][0].weights })
    #expect(runs[1][0].records.map(\.gradNorm) == runs[0][0].records.map(\.gradNorm))
  }

  @Test func `a signal at one rank stops all at the same step, and the run goes on exactly`() throws {
    let (folder, whole) = (TemporaryFolder(), try ThreadRanks.run(3) { try Self.train($0) })
    let path = folder["run"]
    let stopped = try ThreadRanks.run(3) { try Self.train($0, in: path, signalAfter: $0.rank == 1 ? 5 : nil) }
    #expect(stopped.allSatisfy { $0.interruption?.run == path })
    let goneOn = try ThreadRanks.run(3) { try Self.train($0, in: path, resuming: true) }
    #expect(goneOn[0].records.first?.step == 7)
    #expect(goneOn.allSatisfy { $0.weights == whole[0].weights })
    #expect(goneOn[0].records.map(\.loss) == whole[0].records.dropFirst(6).map(\.loss))
  }

  @Test func `a run goes on with another number of ranks`() throws {
    let folder = TemporaryFolder()
    let path = folder["run"]
    let one = try Self.train(SingleProcess())
    _ = try ThreadRanks.run(4) { try Self.train($0, in: path, signalAfter: 5) }
    let goneOn = try ThreadRanks.run(2) { try Self.train($0, in: path, resuming: true) }
    #expect(goneOn.allSatisfy { $0.weights == goneOn[0].weights })
    #expect(zip(goneOn[0].weights, one.weights).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `ranks whose weights are no longer the same save nothing`() throws {
    let folder = TemporaryFolder()
    let path = folder["run"]
    let errors = try ThreadRanks.run(3) { ranks in
      let points = PointClasses(seed: ranks.rank == 2 ? 9 : 1)
      points.source.ranks = ranks
      let run = try RunFolder.open(output: path, resume: false, command: "points", over: ranks)
      do { try points.trainer(in: run) { $0.ranks = ranks }.train() } catch let error as InputError {
        return error.what
      }
      return ""
    }
    #expect(errors.allSatisfy { $0.contains("the weights of rank 2 are not those of rank 0") })
    #expect((try? FileSystem.names(in: path + "/checkpoints")) ?? [] == [])
  }

  @Test func `a loss that is no number ends all ranks alike`() throws {
    let errors = try ThreadRanks.run(2) { ranks in
      let points = PointClasses()
      points.source.ranks = ranks
      if ranks.rank == 1 { points.parameters.arena.write(HostArray([Float](repeating: .nan, count: 32), shape: [32])) }
      do { try points.trainer { $0.ranks = ranks }.train() } catch let error as InputError { return error.what }
      return ""
    }
    #expect(errors.allSatisfy { $0.contains("no longer finite") })
  }
}

@Suite struct RankedGradientsTests {
  private final class Network: Module {
    let table = Embedding(5, 3, weights: .normal(deviation: 1), isSparse: true)
    let (head, other, idle) = (Linear(3, 2), Linear(3, 2), Linear(3, 2))
  }

  /// Rows of the table go through a layer that not all ranks use.
  private static func backward(_ network: Network, _ gradients: Gradients, rows: [Int], usesOther: Bool) {
    guard !rows.isEmpty else { return }
    let x = network.table(Tensor(indices: rows, on: .cpu))
    let y = usesOther ? network.other(x) : network.head(x)
    y.binaryCrossEntropy(.probabilities(Tensor(y.shape, filledWith: 0.3, on: .cpu))).backward(into: gradients)
  }

  @Test func `slots and rows that any rank touched are added up, whatever others hold there`() throws {
    /// Two rounds: in the second a rank has what the first left in its memory.
    let rounds: [[(rows: [Int], other: Bool)]] = [
      [([1, 2], false), ([2, 4], true), ([], false)], [([], true), ([0, 0], false), ([3], false)],
    ]
    let all = try ThreadRanks.run(3) { ranks in
      let network = Network()
      let set = ParameterSet(network.namedParameters(), on: .cpu, key: RandomKey(seed: 2))
      let gradients = Gradients(set)
      return rounds.map { round in
        Self.backward(network, gradients, rows: round[ranks.rank].rows, usesOther: round[ranks.rank].other)
        gradients.sum(over: ranks)
        defer { gradients.clear() }
        return set.parameters.map { (gradients.isTouched($0), gradients.value(of: $0).floats()) }
      }
    }
    let network = Network()
    let set = ParameterSet(network.namedParameters(), on: .cpu, key: RandomKey(seed: 2))
    for (number, round) in rounds.enumerated() {
      let gradients = Gradients(set)
      for part in round { Self.backward(network, gradients, rows: part.rows, usesOther: part.other) }
      for (place, parameter) in set.parameters.enumerated() {
        let (isTouched, values) = all[0][number][place]
        #expect(isTouched == gradients.isTouched(parameter), "\(parameter.name)")
        for (own, sum) in zip(values, gradients.value(of: parameter).floats()) { #expect(abs(own - sum) < 1e-6) }
        #expect(all.allSatisfy { $0[number][place].1 == values })
      }
      #expect(!gradients.isTouched(network.idle.weight))
    }
  }

  /// What the gradients of a step are on every rank, after a first step from which it is known when sums may begin; nil:
  /// they do not begin before the end.
  private static func gradients(
    after first: [(rows: [Int], usesOther: Bool)]?,
    _ step: @escaping @Sendable (Int) -> [(rows: [Int], usesOther: Bool)]
  ) throws -> [[(isTouched: Bool, values: [Float])]] {
    try ThreadRanks.run(3) { ranks in
      let network = Network()
      let set = ParameterSet(network.namedParameters(), on: .cpu, key: RandomKey(seed: 2))
      let gradients = Gradients(set)
      if let first {
        Self.backward(network, gradients, rows: first[ranks.rank].rows, usesOther: first[ranks.rank].usesOther)
        let touches = gradients.sum(over: ranks)
        gradients.clear()
        gradients.beginSums(over: ranks, after: touches, pieceCount: 1)
      }
      for part in step(ranks.rank) {
        Self.backward(network, gradients, rows: part.rows, usesOther: part.usesOther)
      }
      gradients.sum(over: ranks)
      return set.parameters.map { (gradients.isTouched($0), gradients.value(of: $0).floats()) }
    }
  }

  @Test func `sums that begin early are those of the end, whatever arrives`() throws {
    let first: [(rows: [Int], usesOther: Bool)] = [([1, 2], false), ([2, 4], true), ([3], false)]
    let steps: [@Sendable (Int) -> [(rows: [Int], usesOther: Bool)]] = [
      // As in the first step; less; nothing on a rank; other layers; and more, behind sums that have begun.
      { rank in [([rank, 4], rank == 1)] },
      { _ in [([0], false)] },
      { rank in [(rank == 1 ? [] : [2, 2], false)] },
      { rank in [([1], rank != 1)] },
      { rank in [([rank], rank == 1), ([3, rank], rank == 1), ([4], rank == 0)] },
    ]
    for (number, step) in steps.enumerated() {
      let (early, plain) = (try Self.gradients(after: first, step), try Self.gradients(after: nil, step))
      for (own, other) in zip(early, plain) {
        for (a, b) in zip(own, other) {
          #expect(a.isTouched == b.isTouched, "step \(number)")
          // What comes late is added last; all else has the same bits.
          #expect(number < 4 ? a.values == b.values : zip(a.values, b.values).allSatisfy { abs($0 - $1) < 1e-6 })
        }
        #expect(own.map(\.values) == early[0].map(\.values))
      }
    }
  }

  /// Ranks that count the sums that have come to an end.
  private final class CountingRanks: Communicator {
    let ranks: ThreadRanks
    let sums = Mutex(0)
    let isOfAnyThread: Bool
    init(_ ranks: ThreadRanks, isOfAnyThread: Bool = true) { (self.ranks, self.isOfAnyThread) = (ranks, isOfAnyThread) }
    var rank: Int { ranks.rank }
    var count: Int { ranks.count }
    var localCount: Int { ranks.localCount }
    var localRank: Int { ranks.localRank }
    func sum(_ values: UnsafeMutableBufferPointer<Float>) {
      ranks.sum(values)
      sums.withLock { $0 += 1 }
    }
    func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) { ranks.max(bytes) }
    func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) { ranks.gather(own, into: all) }
    func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {
      ranks.reduceScatter(all, into: own)
    }
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) { ranks.broadcast(bytes) }
    func barrier() { ranks.barrier() }
    func abort(_ code: Int32) -> Never { ranks.abort(code) }
  }

  @Test func `sums stay behind the pass where one thread alone may speak`() throws {
    let obstacles = try ThreadRanks.run(2) { threads in
      [true, false].map { isOfAnyThread in
        var settings = LoopSettings(totalSteps: 1, stepsPerEpoch: 1, seed: 1)
        settings.ranks = CountingRanks(threads, isOfAnyThread: isOfAnyThread)
        return GradientOverlap.obstacle(settings, PointClasses())
      }
    }
    for own in obstacles { #expect(own[0] == nil && own[1]?.contains("first thread alone") == true) }
  }

  @Test func `sums end before anybody asks for them`() throws {
    let early = try ThreadRanks.run(2) { threads in
      let ranks = CountingRanks(threads)
      let network = Network()
      let gradients = Gradients(ParameterSet(network.namedParameters(), on: .cpu, key: RandomKey(seed: 2)))
      Self.backward(network, gradients, rows: [1], usesOther: false)
      let touches = gradients.sum(over: ranks)
      gradients.clear()
      ranks.sums.withLock { $0 = 0 }
      gradients.beginSums(over: ranks, after: touches, pieceCount: 1)
      Self.backward(network, gradients, rows: [1], usesOther: false)
      // Table, weight and bias; whoever never sends them waits here in vain.
      for _ in 0..<500 where ranks.sums.withLock({ $0 }) < 3 { usleep(10_000) }
      let count = ranks.sums.withLock { $0 }
      gradients.sum(over: ranks)
      return (count, ranks.sums.withLock { $0 })
    }
    #expect(early.allSatisfy { $0 == (3, 3) }, "\(early)")
  }

  /// Two ranks, of which the other comes late.
  private final class LateRanks: Communicator {
    let (began, comes) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    var rank: Int { 0 }
    var count: Int { 2 }
    var localCount: Int { 2 }
    var localRank: Int { 0 }
    func sum(_ values: UnsafeMutableBufferPointer<Float>) {
      began.signal()
      comes.wait()
      for place in values.indices { values[place] += 1 }
    }
    func max(_ bytes: UnsafeMutableBufferPointer<UInt8>) {}
    func gather(_ own: UnsafeRawBufferPointer, into all: UnsafeMutableRawBufferPointer) {}
    func reduceScatter(_ all: UnsafeBufferPointer<Float>, into own: UnsafeMutableBufferPointer<Float>) {}
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer) {}
    func barrier() {}
    func abort(_ code: Int32) -> Never { exit(code) }
  }

  @Test func `a step that an error ends leaves its sums the memory that they write`() {
    let ranks = LateRanks()
    weak var memory: Storage?
    func step() {
      let network = Network()
      let gradients = Gradients(ParameterSet(network.namedParameters(), on: .cpu, key: RandomKey(seed: 2)))
      memory = gradients.arena.storage
      Self.backward(network, gradients, rows: [1], usesOther: false)
      let touches = Gradients.Touches(own: gradients.touches, isAnyones: gradients.isTouched)
      gradients.clear()
      gradients.beginSums(over: ranks, after: touches)
      Self.backward(network, gradients, rows: [1], usesOther: false)
      ranks.began.wait()
    }
    step()
    #expect(memory != nil)
    ranks.comes.signal()
    for _ in 0..<500 where memory != nil { usleep(10_000) }
    #expect(memory == nil)
  }

  @Test func `ranks that read other samples are refused, by all of them`() throws {
    _ = try ThreadRanks.run(3) { try $0.check(["digest": "a"]) }
    let errors = try ThreadRanks.run(3) { ranks in
      do { try ranks.check(["digest": ranks.rank == 2 ? "b" : "a"]) } catch let error as InputError {
        return error.what
      }
      return ""
    }
    #expect(errors.allSatisfy { $0.contains("rank 2 has other training data than rank 0") }, "\(errors)")
  }

  @Test func `batch-norm over ranks is that of the whole batch`() throws {
    let (width, rows, key) = (5, [0..<5, 5..<6, 6..<12], RandomKey(seed: 4))
    @Sendable func tensor(_ stream: Int, _ range: Range<Int>) -> Tensor {
      let values = (range.lowerBound * width..<range.upperBound * width).map { key.fold(stream).normal(at: $0) + 0.5 }
      return Tensor(values, [range.count, width], on: .cpu)
    }
    struct Outcome: Sendable {
      var values, gradients: [[Float]]
      var sums: [[Float]]
      var running: [Float]
    }
    @Sendable func step(_ range: Range<Int>, isJoint: Bool, _ ranks: any Communicator) -> Outcome {
      let (x, joint) = (Junction(tensor(0, range), isLeaf: true), Junction(tensor(1, range), isLeaf: true))
      let (weight, bias) = (Parameter([width], .uniform(bound: 1)), Parameter([width], .uniform(bound: 1)))
      let (mean, variance) = (tensor(2, 0..<1).reshaped([width]), tensor(3, 0..<1).reshaped([width]))
      let set = ParameterSet([("weight", weight), ("bias", bias)], on: .cpu, key: key)
      let gradients = Gradients(set)
      let y = x.tensor.batchNorm(
        BatchNormParameters(
          weight: weight.tensor, bias: bias.tensor, runningMean: mean, runningVariance: variance),
        .batch(updating: true), BatchNormOptions(shortcut: isJoint ? joint.tensor : nil, isRectified: true), over: ranks
      )
      y.backward(from: tensor(4, range), into: gradients)
      let own = [x, joint].compactMap { $0.gradient?.floats() }
      gradients.sum(over: ranks)
      return Outcome(
        values: [y.floats()], gradients: own, sums: [weight, bias].map { gradients.value(of: $0).floats() },
        running: mean.floats() + variance.floats())
    }
    for isJoint in [false, true] {
      let whole = step(0..<12, isJoint: isJoint, SingleProcess())
      let parts = try ThreadRanks.run(3) { step(rows[$0.rank], isJoint: isJoint, $0) }
      func expect(_ own: [Float], _ all: [Float]) {
        #expect(own.count == all.count && zip(own, all).allSatisfy { abs($0 - $1) < 1e-5 * (1 + abs($1)) })
      }
      #expect(whole.gradients.count == (isJoint ? 2 : 1))
      for number in whole.gradients.indices {
        expect(parts.flatMap { $0.gradients[number] }, whole.gradients[number])
      }
      expect(parts.flatMap { $0.values[0] }, whole.values[0])
      for part in parts {
        for (own, all) in zip(part.sums, whole.sums) { expect(own, all) }
        expect(part.running, whole.running)
      }
    }
  }
}
