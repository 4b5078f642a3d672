import SubNN
import SubTrain
import Testing

@testable import SubCore
@testable import VisionSub

/// Training on the twin of a CUDA device: the kernels' own texts, run on the host.
@Suite struct TwinTests {
  private struct Losses {
    var main: [Double] = []
    var sub: [Double] = []
    var waits: [Int] = []
  }

  /// Six updates of a small DeiT-III on images of noise.
  private func train(_ config: VisionTransformerConfig, _ precision: Precision, on device: Device) throws -> Losses {
    let task = ImageClassification(config.makeModel(), objective: .crossEntropy(smoothing: 0.1))
    let key = RandomKey(seed: 3)
    let set = ParameterSet(
      task.model.namedParameters(), buffers: task.model.namedBuffers(), precision: precision, on: device, key: key)
    let optimizer = AdamW(set, groups: ParameterGroups(set) { _ in ParameterRates(weightDecay: 0.05) })
    let (method, gradients) = (MaskSub(MethodSettings(ratio: 0.5)), Gradients(set))
    var (losses, results): (Losses, [StepLosses]) = (Losses(), [])
    for update in 0..<6 {
      let images = Tensor.uniform([4, 3, config.imageSize, config.imageSize], key.fold(update), on: device)
      let batch = ImageClassification.Batch(
        images: images, target: .labels(Tensor(indices: [1, 0, 3, 2], on: device), smoothing: 0.1))
      let before = device.waits ?? 0
      results.append(
        method(task, batch, into: gradients, pass: Pass(isTraining: true, key: key.fold("step").fold(update))).losses)
      let norm = gradients.norm()
      optimizer.step(gradients, lr: 1e-3, factor: Gradients.clipFactor(norm: norm, limit: 1))
      losses.waits.append((device.waits ?? 0) - before)
    }
    losses.main = results.map(\.main.item)
    losses.sub = results.compactMap(\.sub?.item)
    return losses
  }

  /// Heads of a width that the fast attention takes, and of one that it does not.
  @Test(arguments: [(64, 2), (32, 2)]) func `training on a device follows the processor's`(_ width: Int, _ heads: Int)
    throws
  {
    // Opened for this test alone: what others wait for is not counted.
    let device = Device(DeviceKind(name: "cuda \(width)", open: { CUDABackend(ordinal: $0) }))
    var config = try #require(VisionVariant.named("vit_shapes_patch4_32"))
    (config.width, config.depth, config.heads, config.hidden, config.classes) = (width, 2, heads, 2 * width, 8)
    (config.imageSize, config.patchSize, config.dropPath, config.layerScale) = (32, 8, 0.2, 0.5)
    let expected = try train(config, .fp32, on: .cpu)
    for (precision, tolerance) in [(Precision.fp32, 1e-4), (.bf16, 2e-2)] {
      let found = try train(config, precision, on: device)
      for (got, wanted) in zip(found.main + found.sub, expected.main + expected.sub) {
        #expect(abs(got - wanted) <= tolerance * wanted, "\(precision): \(got), on the processor \(wanted)")
      }
      #expect(found.main.count == 6 && found.sub.count == 6)
      // The host waits for nothing within a step.
      #expect(found.waits == Array(repeating: 0, count: 6), "\(precision)")
    }
  }
}
