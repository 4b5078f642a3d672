import Testing

@testable import SubCore

/// A device with a clock around every operation: the same bits, every operation as it is, and its traffic.
struct TimedDeviceTests {
  @Test func `a step is the same, operation for operation`() {
    let (timed, times) = Device.cpu.timed()
    let expected = step(on: .cpu)
    #expect(step(on: timed) == expected)
    // By their fused names: a call that were not handed on would run as its default, made of others.
    let names = Set(times.entries.map(\.name))
    for name in [
      "linear 6x8x24", "gemm 24x6x8", "gemm 8x6x8", "attention", "attentionBackward", "residualNorm",
      "residualNormBackward", "crossEntropy", "crossEntropyBackward", "activationBackward", "adamW", "convolution",
      "convolutionBackward(toWeight)", "batchNorm", "batchNormBackward", "maxPool", "maxPoolBackward",
    ] {
      #expect(names.contains(name), "\(name) is not among \(names.sorted())")
    }
    #expect(!names.contains("select") && !names.contains("copy"))
  }

  @Test func `bytes and products are counted`() throws {
    let (timed, times) = Device.cpu.timed()
    let x = Tensor([3, 5], filledWith: 1, on: timed)
    let weight = Tensor([7, 5], filledWith: 1, on: timed)
    times.clear()
    for _ in 0..<2 { _ = x.linear(weight) }
    #expect(times.entries.count == 1)
    let entry = times.entries[0]
    #expect(entry.name == "linear 3x5x7" && entry.calls == 2 && entry.operations == 2 * 2 * 105)
    #expect(entry.bytes == 2 * 4 * (15 + 35 + 21) && entry.seconds > 0)
    // 2 heads of 4 numbers: both products of 9 scores a head.
    times.clear()
    let packed = Tensor([3, 24], filledWith: 0.5, on: timed)
    _ = packed.selfAttention(Segments(lengths: [3], on: timed), AttentionOptions(heads: 2))
    let attention = try #require(times.entries.first { $0.name == "attention" })
    #expect(attention.operations == 288)
  }

  /// Losses and weights of an update that touches every kind of fused operation.
  private func step(on device: Device) -> [Double] {
    let shapes: [Shape] = [[24, 8], [24], [8, 8], [8], [8], [4, 3, 3, 3], [4], [4]]
    let leaves = Leaves(
      shapes.enumerated().map { ($1, wavy($1.count, Double($0))) }, dtype: .f32, on: device)
    let w = leaves.tensors
    let x = Tensor(wavy(48, 1), [6, 8], on: device)
    let attended = x.linear(w[0], w[1]).selfAttention(
      Segments(lengths: [2, 4], on: device), AttentionOptions(heads: 2))
    let (joint, normed) = x.adding(
      branch: attended.linear(w[2], nil, .gelu), BranchOptions(),
      thenNorm: NormParameters(weight: w[3], bias: w[4], epsilon: 1e-5))
    let labels = Tensor(indices: [0, 1, 2, 3, 4, 5], on: device)
    let (mean, variance) = (Tensor([4], filledWith: 0, on: device), Tensor([4], filledWith: 1, on: device))
    let pooled = Tensor(wavy(216, 2), [2, 6, 6, 3], on: device).convolution(w[5], stride: 1, padding: 1)
      .batchNorm(
        BatchNormParameters(weight: w[6], bias: w[7], runningMean: mean, runningVariance: variance),
        .batch(updating: true), BatchNormOptions(isRectified: true)
      ).maxPool(2, stride: 2)
    let loss = weigh((joint + normed).crossEntropy(.labels(labels, smoothing: 0))) + weigh(pooled)
    let gradients = Gradients(leaves.set)
    loss.backward(into: gradients)
    leaves.set.adamW(
      gradients, Moments(leaves.set), MomentRates(lr: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, update: 1),
      rates: w.map { _ in (lrScale: 1, weightDecay: 0.1) })
    return [loss.item] + leaves.parameters.flatMap { $0.value.doubles() } + variance.doubles()
  }
}
