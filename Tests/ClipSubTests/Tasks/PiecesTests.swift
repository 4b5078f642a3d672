import ClipSub
import SubCore
import SubNN
import SubTrain
import Testing

/// A batch that passes through the towers in pieces has the gradient of the whole.
struct PiecesTests {
  private func step(
    _ method: any Method.Type, pieces: Int, recomputes: Bool = false
  ) -> (gradients: [(String, [Double])], losses: StepLosses) {
    let tiny = TinyCLIP(SmallPairs.config, dtype: .f32, on: .cpu)
    let gradients = Gradients(tiny.set)
    var pass = Pass(isTraining: true, key: RandomKey(seed: 2))
    pass.recomputes = recomputes
    let parts = method.init(ratio: 0.4).inParts(
      pieces, ContrastiveTask(tiny.model), SmallPairs.batch(64), into: gradients, pass: pass)
    #expect(parts.count == 1)
    return (tiny.set.parameters.map { ($0.name, gradients.value(of: $0).doubles()) }, parts[0].losses)
  }

  @Test(arguments: [1, 3]) func `blocks computed again give the same bits`(pieces: Int) {
    let (kept, again) = (step(MaskSub.self, pieces: pieces), step(MaskSub.self, pieces: pieces, recomputes: true))
    for (one, other) in zip(kept.gradients, again.gradients) { #expect(one.1 == other.1, "\(one.0)") }
    #expect(kept.losses.main.item == again.losses.main.item)
  }

  @Test(arguments: Methods.all.map { $0.name }) func `64 pairs in 1, 2, 5 and 8 pieces`(name: String) throws {
    let method = try Methods.named(name)
    let whole = step(method, pieces: 1)
    #expect(whole.gradients.allSatisfy { $0.1.contains { $0 != 0 } })
    let largest = whole.gradients.flatMap(\.1).reduce(0) { max($0, abs($1)) }
    for pieces in [2, 5, 8] {
      let parts = step(method, pieces: pieces)
      #expect(abs(parts.losses.main.item - whole.losses.main.item) < 1e-6 * whole.losses.main.item)
      for (expected, got) in zip(whole.gradients, parts.gradients) {
        // A key's bias has no gradient by mathematics; what is there is rounding.
        let scale = max(expected.1.reduce(0) { max($0, abs($1)) }, 1e-3 * largest)
        let error = zip(expected.1, got.1).reduce(0) { max($0, abs($1.0 - $1.1)) }
        #expect(error <= 1e-5 * scale, "\(name) in \(pieces) pieces: \(expected.0) off by \(error) of \(scale)")
      }
    }
  }

  @Test func `The text tower's gradient serves both branches in one pass`() {
    // The sum of what each branch alone would send: main loss with weight 1/2 and sub loss with weight 1/2.
    let tiny = TinyCLIP(SmallPairs.config, dtype: .f32, on: .cpu)
    let task = ContrastiveTask(tiny.model)
    let pairs = SmallPairs.batch(6)
    let pass = Pass(isTraining: true, key: RandomKey(seed: 2))
    let together = Gradients(tiny.set)
    _ = MaskSub(ratio: 0.5)(task, pairs, into: together, pass: pass)

    let apart = Gradients(tiny.set)
    var trip = pass.at(0)
    let main = task.forward(pairs, task.shared(pairs, trip), trip)
    let target = task.softTarget(of: main)
    for branch in 0..<2 {
      trip = pass.at(branch)
      trip.masking = branch == 1 ? Masking(ratio: 0.5) : nil
      let shared = task.shared(pairs, trip)
      let output = task.forward(pairs, shared, trip)
      let loss = branch == 0 ? task.loss(output, pairs) : task.loss(output, mimicking: target)
      loss.backward(into: apart, scale: 0.5)
      task.finish(shared, into: apart)
    }
    for parameter in tiny.set.parameters {
      let (a, b) = (apart.value(of: parameter).doubles(), together.value(of: parameter).doubles())
      #expect(distance(a, b) < 1e-5 || parameter.name.hasSuffix("qkv.bias"), "\(parameter.name)")
    }
  }
}
