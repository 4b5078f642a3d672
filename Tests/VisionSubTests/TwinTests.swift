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

  /// Four images of noise as a loader hands them over: as they are, blended with some of it erased, or cut.
  private func pixels(_ side: Int, _ key: RandomKey, _ update: Int) -> PixelBatch {
    let bytes = (0..<4 * side * side * 3).map { UInt8(key.integer(below: 256, at: $0)) }
    let erased = update % 3 == 1 ? [ErasedArea(picture: 2, rows: 3..<side, columns: 1..<side / 2)] : []
    let mixings: [PixelMixing] = [.none, .blend(own: 0.3, other: 0.7), .cut(rows: 2..<9, columns: 0..<side / 3)]
    return PixelBatch(
      bytes: HostArray(bytes, shape: [4, side, side, 3], dtype: .u8),
      table: (0..<768).map { (Float($0 % 256) / 255 - 0.5) / 0.25 }, erased: erased,
      noise: (0..<erased.reduce(0) { $0 + $1.count }).map { Float(key.normal(at: $0)) }, mixing: mixings[update % 3])
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
      let before = device.waits ?? 0
      let batch = ImageClassification.Batch(
        images: Tensor(pixels(config.imageSize, key.fold(update), update), on: device),
        target: .labels(Tensor(indices: [1, 0, 3, 2], on: device), smoothing: 0.1))
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
