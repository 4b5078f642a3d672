import SubCore
import SubNN
import Testing

@testable import ClipSub

/// Golden numbers of open_clip 3.3.0 in f64 for a tiny model.
struct CLIPTests {
  private func images() -> Tensor {
    Tensor((0..<2 * 3 * 16).map { cosine(0.21 * Double($0)) }, [2, 3, 4, 4], dtype: .f64, on: .reference)
  }

  private func task(_ activation: Activation) -> (ContrastiveTask, ClipBatch) {
    let tiny = TinyCLIP(TinyCLIP.config(activation))
    tiny.fillWithWaves()
    return (ContrastiveTask(tiny.model), ClipBatch(images: images(), texts: [[7, 3, 8, 0, 0], [7, 1, 2, 5, 8]]))
  }

  @Test(arguments: [
    (
      Activation.gelu, [-1.7599566042, -1.3705874543, -1.8864930718, -1.5152015710], 0.7078112417,
      [0.2980986077, -0.0403287471, -0.3732977952], [0.3759088921, 0.8298900083, 1.1715494051]
    ),
    (
      Activation.quickGelu, [-1.7594067117, -1.3625517445, -1.8859192926, -1.5074122575], 0.7082295547,
      [0.2982937648, -0.0401559332, -0.3731707141], [0.3859373719, 0.8448628686, 1.1894401395]
    ),
  ])
  func `Logits, features and loss are open_clip's`(
    activation: Activation, logits: [Double], loss: Double, image: [Double], text: [Double]
  ) {
    let (task, batch) = task(activation)
    let output = task.forward(batch, task.shared(batch, .evaluation), .evaluation)
    #expect(distance(logits, output.similarities.rows.doubles()) < 1e-9)
    #expect(abs(task.loss(output, batch).item - loss) < 1e-9)
    #expect(distance(unit(image), Array(output.imageFeatures.doubles().prefix(3))) < 1e-9)
    #expect(distance(unit(text), Array(output.textFeatures.doubles().suffix(3))) < 1e-9)
  }

  @Test func `Masked images are those of the patches kept`() {
    let (task, batch) = task(.gelu)
    let features = task.model.imageFeatures(batch.images, of: 0..<2, kept: [[0, 3], [0, 3]], .evaluation).doubles()
    let expected =
      unit([0.2894282455, -0.0496796389, -0.3820636172]) + unit([0.2817742875, -0.0579265099, -0.3897872259])
    #expect(distance(expected, features) < 1e-8)
    #expect(task.model.keptPatches(images: 1, masked(0.5))?[0].count == 2)
  }

  @Test func `Half of 49 patches is 24`() throws {
    let kept = try #require(CLIP(ClipConfig()).keptPatches(images: 2, masked(0.5)))
    #expect(kept.map(\.count) == [24, 24] && kept[0] != kept[1])
  }

  @Test func `Names and counts of weights are open_clip's`() {
    for (name, tensors, weights) in [
      ("ViT-B-32", 302, 151_277_313), ("ViT-B-16", 302, 149_620_737), ("ViT-L-14", 446, 427_616_513),
    ] {
      let named = CLIP(ClipConfig(named: name)!).namedParameters()
      #expect(named.count == tensors && named.reduce(0) { $0 + $1.parameter.shape.count } == weights)
    }
  }

  @Test func `A text is read up to its first end token`() {
    let (task, _) = task(.gelu)
    let texts: [[Int32]] = [[7, 3, 8], [7, 3, 8, 8, 2]]
    let features = task.model.textFeatures(texts, .evaluation, on: .reference).doubles()
    #expect(Array(features[..<3]) == Array(features[3...]))
  }

  @Test func `The logarithmic scale is held between 0 and ln 100`() {
    let (task, _) = task(.gelu)
    for (value, clamped) in [(-0.5, 0.0), (2.0, 2.0), (5.0, CLIP.largestLogitScale)] {
      task.model.logitScale.value.write(HostArray([value], shape: [], dtype: .f64))
      task.model.clampLogitScale()
      #expect(task.model.logitScale.value.item == clamped)
    }
  }

  private func masked(_ ratio: Double) -> Pass {
    Pass(isTraining: true, key: RandomKey(seed: 1), masking: Masking(ratio: ratio))
  }

  private func unit(_ x: [Double]) -> [Double] {
    let length = x.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return x.map { $0 / length }
  }
}
