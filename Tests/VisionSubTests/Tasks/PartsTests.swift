import SubCore
import SubNN
import SubTrain
import Testing

@testable import VisionSub

/// What may not change a step: in how many parts its batch passes, and whether blocks are computed again on the way back.
@Suite struct PartsTests {
  /// Small networks of every kind, with stochastic depth where they have it.
  enum Network: String, CaseIterable {
    case token, pooled, blocks, shared, swin, resnet

    var config: any VisionConfiguration {
      get throws {
        switch self {
        case .swin, .resnet:
          var config = try #require(
            VisionFamilies.configuration(
              named: self == .swin ? "swin_shapes_patch4_window4_32" : "resnet_shapes_32"))
          config.dropPath = 0.3
          return config
        default:
          let isBEiT = self == .blocks || self == .shared
          var config = try #require(
            VisionFamilies.configuration(named: isBEiT ? "beitv2_base_patch16_224" : "vit_shapes_patch4_32")
              as? VisionTransformerConfig)
          (config.width, config.depth, config.heads, config.hidden, config.classes) = (32, 3, 2, 64, 8)
          (config.imageSize, config.patchSize, config.dropPath, config.layerScale) = (32, 4, 0.3, 0.5)
          if self == .pooled { config.readout = .pooled }
          if self == .shared { config.relativeBias = .shared }
          return config
        }
      }
    }

    var masking: Masking { Masking(ratio: 0.5, selection: self == .blocks ? .block : .uniform) }
  }

  private struct Result {
    var gradients: [(name: String, values: [Double])]
    var loss: Double
    var statistics: [[Double]]
  }

  private func step(
    _ network: Network, _ method: any Method, parts: Int = 1, recomputes: Bool = false, dropout: Float? = nil
  ) throws -> Result {
    let config = try network.config
    let task = ImageClassification(config.makeModel(), objective: .binaryCrossEntropy)
    let set = ParameterSet(task.model, on: .cpu, key: RandomKey(seed: 1))
    let (key, count) = (RandomKey(seed: 2), 7)
    let batch = ImageClassification.Batch(
      images: Tensor.uniform([count, 3, config.imageSize, config.imageSize], key, on: .cpu),
      target: .probabilities(Tensor.uniform([count, config.classes], key.fold("target"), on: .cpu)))
    let gradients = Gradients(set)
    var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
    (pass.recomputes, pass.branchDropout) = (recomputes, dropout)
    let losses = method.inParts(parts, task, batch, into: gradients, pass: pass)
    #expect(losses.count == min(parts, count) && abs(losses.reduce(0) { $0 + $1.share } - 1) < 1e-12)
    return Result(
      gradients: set.parameters.map { ($0.name, gradients.value(of: $0).doubles()) },
      loss: losses.reduce(0) { $0 + $1.losses.total(main: $1.losses.main.item, sub: $1.losses.sub?.item) * $1.share },
      statistics: set.buffers.map { $0.value.doubles() })
  }

  @Test(arguments: Network.allCases.filter { $0 != .resnet })
  func `parts have the gradients of the whole`(_ network: Network) throws {
    for method in [MaskSub(MethodSettings(ratio: 0.5, selection: network.masking.selection)), PathSub(ratio: 0.4)]
      as [any Method]
    {
      let whole = try step(network, method)
      let largest = whole.gradients.flatMap(\.values).reduce(0) { max($0, abs($1)) }
      for parts in [2, 3, 20] {
        let divided = try step(network, method, parts: parts)
        #expect(abs(divided.loss - whole.loss) < 1e-6)
        for (one, other) in zip(whole.gradients, divided.gradients) {
          let error = zip(one.values, other.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
          #expect(error <= 1e-6 * largest, "\(one.name) in \(parts) parts: off by \(error) of \(largest)")
        }
      }
    }
  }

  @Test(arguments: Network.allCases) func `blocks computed again give the same bits`(_ network: Network) throws {
    for method in [MaskSub(MethodSettings(ratio: 0.5, selection: network.masking.selection)), DropSub(ratio: 0.2)]
      as [any Method]
    {
      let (kept, again) = (try step(network, method), try step(network, method, recomputes: true))
      for (one, other) in zip(kept.gradients, again.gradients) { #expect(one.values == other.values, "\(one.name)") }
      #expect(kept.loss == again.loss && kept.statistics == again.statistics)
      #expect(kept.statistics.isEmpty == (network != .resnet))
    }
  }

  @Test func `blocks computed again take less memory`() throws {
    var config = try #require(VisionFamilies.configuration(named: "vit_shapes_patch4_32") as? VisionTransformerConfig)
    (config.depth, config.width, config.heads) = (8, 64, 2)
    let task = ImageClassification(VisionTransformer(config), objective: .crossEntropy)
    let gradients = Gradients(ParameterSet(task.model, on: .cpu, key: RandomKey(seed: 1)))
    let batch = ImageClassification.Batch(
      images: Tensor.uniform([8, 3, 32, 32], RandomKey(seed: 2), on: .cpu),
      target: .labels(Tensor(indices: Array(0..<8), on: .cpu), smoothing: 0))
    let sizes = [false, true].map { recomputes in
      var pass = Pass(isTraining: true, key: RandomKey(seed: 3))
      pass.recomputes = recomputes
      return MemoryTrace.recording { _ = Baseline()(task, batch, into: gradients, pass: pass) }.size().touched
    }
    #expect(2 * sizes[1] < sizes[0], "\(sizes)")
  }
}
