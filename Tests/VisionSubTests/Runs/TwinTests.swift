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

  /// Eight updates of a small DeiT-III on images of noise.
  private func train(
    _ config: VisionTransformerConfig, _ precision: Precision, on device: Device,
    _ method: some Method = MaskSub(MethodSettings(ratio: 0.5))
  ) throws -> Losses {
    let task = ImageClassification(config.makeModel(), objective: .crossEntropy)
    let key = RandomKey(seed: 3)
    let set = ParameterSet(
      task.model.namedParameters(), buffers: task.model.namedBuffers(), precision: precision, on: device, key: key)
    let optimizer = AdamW(set, groups: ParameterGroups(set) { _ in ParameterRates(weightDecay: 0.05) })
    let gradients = Gradients(set)
    var losses = Losses()
    for update in 0..<8 {
      let before = device.waits ?? 0
      let batch = ImageClassification.Batch(
        images: Tensor(pixels(config.imageSize, key.fold(update), update), on: device),
        target: .labels(Tensor(indices: [1, 0, 3, 2], on: device), smoothing: 0.1))
      let result = method(
        task, batch, into: gradients, pass: Pass(isTraining: true, key: key.fold("step").fold(update))
      ).losses
      let norm = gradients.norm()
      optimizer.step(gradients, lr: 2e-4 * Double(update + 1), factor: Gradients.clipFactor(norm: norm, limit: 1))
      losses.waits.append((device.waits ?? 0) - before)
      losses.main.append(result.main.item)
      losses.sub.append(try #require(result.sub).item)
    }
    return losses
  }

  /// Heads of a width that the fast attention takes, and of one that it does not.
  @Test(arguments: [(64, 2), (32, 2)]) func `training on a device follows the processor's`(_ width: Int, _ heads: Int)
    throws
  {
    // Opened for this test alone: what others wait for is not counted.
    let device = Device(DeviceKind(name: "cuda \(width)", open: { CUDABackend(ordinal: $0) }))
    var config = try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig)
    (config.width, config.depth, config.heads, config.hidden, config.classes) = (width, 2, heads, 2 * width, 8)
    (config.imageSize, config.patchSize, config.dropPath, config.layerScale) = (32, 8, 0.2, 0.5)
    let expected = try train(config, .fp32, on: .cpu)
    for (precision, tolerance) in [(Precision.fp32, 1e-4), (.bf16, 2e-2)] {
      let found = try train(config, precision, on: device)
      for (got, wanted) in zip(found.main + found.sub, expected.main + expected.sub) {
        #expect(abs(got - wanted) <= tolerance * wanted, "\(precision): \(got), on the processor \(wanted)")
      }
      #expect(found.main.count == 8 && found.sub.count == 8)
      // The host waits for nothing within a step.
      #expect(found.waits == Array(repeating: 0, count: 8), "\(precision)")
    }
  }

  /// What differs from update to update (keys, masks, rates, batches) reaches a graph that was captured before.
  @Test func `captured graphs train as commands one by one do`() throws {
    let commands = [true, false].map { capturing in
      Device(DeviceKind(name: "cuda graphs \(capturing)", open: { CUDABackend(ordinal: $0, capturing: capturing) }))
    }
    var config = try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig)
    (config.width, config.depth, config.heads, config.hidden, config.classes) = (64, 2, 2, 128, 8)
    (config.imageSize, config.patchSize, config.dropPath) = (32, 8, 0.2)
    for precision in [Precision.fp32, .bf16] {
      // A sub-branch with dropout as well.
      let losses = try commands.map { try train(config, precision, on: $0, DropSub(MethodSettings(ratio: 0.2))) }
      #expect(losses[0].main == losses[1].main && losses[0].sub == losses[1].sub, "\(precision)")
      #expect(losses[0].waits == Array(repeating: 0, count: 8))
    }
    let (captured, oneByOne) = (try #require(commands[0].captured), try #require(commands[1].captured))
    #expect(captured.commands == oneByOne.commands && oneByOne.inGraphs == 0)
    #expect(captured.obstacle == nil && oneByOne.obstacle != nil)
    // Half of the updates at least came again.
    #expect(2 * captured.inGraphs > captured.commands, "\(captured)")
  }
}
