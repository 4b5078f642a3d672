import SubCore
import Testing

/// Every operation: its derivative in double against finite differences, and every device against the reference.
@Suite struct DerivativeTests {
  @Test(arguments: [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu])
  func `linear with bias and activation`(activation: Activation) {
    check("linear \(activation)", [input([3, 5]), input([7, 5], 1), input([7], 2)]) { x, _ in
      x[0].linear(x[1], x[2], activation)
    }
    check("linear without bias \(activation)", [input([2, 3, 4]), input([5, 4], 1)]) { x, _ in
      x[0].linear(x[1], nil, activation)
    }
  }

  @Test func `a weight used twice collects both gradients`() {
    check("linear twice", [input([3, 4]), input([4, 4], 1)]) { x, _ in x[0].linear(x[1], nil, .tanh).linear(x[1]) }
  }

  @Test(arguments: [(false, 0.0), (true, 0.0), (false, 0.3), (true, 0.3)])
  func `self-attention over ragged rows`(causal: Bool, dropout: Double) {
    check("selfAttention causal \(causal) dropout \(dropout)", [input([9, 24], scale: 2)]) { x, device in
      let rows = Segments(lengths: [3, 1, 5], on: device)
      return x[0].selfAttention(
        rows,
        AttentionOptions(heads: 2, causal: causal, dropout: Dropout(Float(dropout), RandomKey(seed: 7))))
    }
  }

  @Test func `self-attention with bias`() {
    check("biased selfAttention", [input([6, 12], scale: 2), input([2, 3, 3], 1, scale: 2)]) { x, device in
      let rows = Segments(count: 2, length: 3, on: device)
      return x[0].selfAttention(rows, AttentionOptions(heads: 2, bias: x[1]))
    }
  }

  @Test func `attention of single queries with hidden keys`() {
    check("attention", [input([2, 6], scale: 2), input([7, 12], 1, scale: 2)]) { x, device in
      let mask = Tensor(HostArray([1, 0, 1, 1, 1, 0, 1] as [UInt8], shape: [7], dtype: .u8), on: device)
      return x[0].attention(
        Segments(lengths: [1, 1], on: device), over: x[1], Segments(lengths: [3, 4], on: device),
        AttentionOptions(heads: 3, keyMask: mask))
    }
  }

  @Test func `layer norm`() {
    check("layerNorm", [input([3, 5]), input([5], 1), input([5], 2)]) { x, _ in
      x[0].layerNorm(NormParameters(weight: x[1], bias: x[2], epsilon: 1e-5))
    }
  }

  @Test(arguments: [0.0, 0.4], [0.0, 0.5])
  func `residual joint with LayerScale, dropout, stochastic depth and norm`(dropout: Double, path: Double) {
    let inputs = [input([6, 5]), input([6, 5], 1), input([5], 2), input([5], 3), input([5], 4)]
    func options(_ gamma: Tensor?, _ device: Device) -> BranchOptions {
      BranchOptions(
        gamma: gamma, dropout: Dropout(Float(dropout), RandomKey(seed: 3)),
        path: DropPath(Float(path), RandomKey(seed: 8), samples: Segments(lengths: [2, 1, 3], on: device)))
    }
    check("joint and norm", inputs) { x, device in
      let (z, y) = x[0].adding(
        branch: x[1], options(x[2], device), thenNorm: NormParameters(weight: x[3], bias: x[4], epsilon: 1e-6))
      return z.adding(y)
    }
    check("norm only", inputs) { x, device in
      x[0].adding(
        branch: x[1], options(x[2], device), thenNorm: NormParameters(weight: x[3], bias: x[4], epsilon: 1e-6)
      ).normed
    }
    check("joint without gamma", Array(inputs.prefix(2))) { x, device in
      x[0].adding(branch: x[1], options(nil, device)).adding(branch: x[0])
    }
  }

  @Test func `gathers and scatters`() {
    check("gatherSum", [input([4, 3]), input([2, 3], 1)], tables: [0]) { x, device in
      Tensor.gatherSum([
        (x[0], Tensor(indices: [3, 0, 3, 1, 3], on: device)), (x[1], Tensor(indices: [0, 1, 1, 0, 0], on: device)),
      ])
    }
    check("gather of a tensor", [input([4, 3])]) { x, device in
      x[0].scaled(by: 2).gatherRows(Tensor(indices: [2, 0, 2], on: device))
    }
    check("addingRows", [input([4, 3]), input([3, 3], 1)]) { x, device in
      x[0].addingRows(of: x[1], Tensor(indices: [2, 0, 0, 1], on: device))
    }
    check("prefixed", [input([4, 3]), input([2, 3], 1)]) { x, _ in x[0].prefixed(by: x[1], samples: 2) }
    check("replacingRows", [input([5, 3]), input([3], 1)]) { x, device in
      x[0].scaled(by: 1.5).replacingRows(Tensor(indices: [4, 1], on: device), by: x[1])
    }
    check("segmentMean", [input([6, 3])]) { x, device in x[0].segmentMean(Segments(lengths: [1, 3, 2], on: device)) }
  }

  @Test func `elementwise operations`() {
    check("scaled by a tensor", [input([2, 3]), input([], 1)]) { x, _ in x[0].scaled(by: x[1].exp()) }
    check("dropped", [input([4, 5])]) { x, _ in x[0].dropped(Dropout(0.4, RandomKey(seed: 5))) }
    check("normalizedRows", [input([3, 4])]) { x, _ in x[0].normalizedRows() }
  }

  @Test func `losses`() {
    let soft = wavy(12).map { abs($0) }
    check("cross-entropy, labels", [input([3, 4], scale: 3)]) { x, device in
      x[0].crossEntropy(.labels(Tensor(indices: [2, 0, 3], on: device), smoothing: 0.1))
    }
    check("cross-entropy, soft", [input([3, 4], scale: 3)]) { x, device in
      x[0].crossEntropy(.probabilities(Tensor(soft, [3, 4], dtype: x[0].dtype, on: device)))
    }
    check("binary cross-entropy, labels", [input([3, 4], scale: 3)]) { x, device in
      x[0].binaryCrossEntropy(.labels(Tensor(indices: [2, 0, 3], on: device), smoothing: 0))
    }
    check("binary cross-entropy, soft", [input([3, 4], scale: 3)]) { x, device in
      x[0].binaryCrossEntropy(.probabilities(Tensor(soft, [3, 4], dtype: x[0].dtype, on: device)))
    }
    check("mean squared error", [input([5])]) { x, device in
      x[0].meanSquaredError(Tensor(wavy(5, 3), [5], dtype: x[0].dtype, on: device))
    }
  }
}
