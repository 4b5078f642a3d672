/// Small networks, each with the loss and every gradient, and what stands between their operations.
extension CheckCase {
  static func networks() -> [CheckCase] {
    var cases: [CheckCase] = []
    cases.add("network", "a vision transformer, one sample masked") { t in
      let (width, heads) = (64, 2)
      let w = CheckWeights(
        t,
        [
          ("patch", [width, 3, 8, 8]), ("patch.bias", [width]), ("class", [1, width]), ("position", [17, width]),
        ] + block("0", width) + block("1", width) + [
          ("norm", [width]), ("norm.bias", [width]), ("head", [10, width]), ("head.bias", [10]),
        ])
      // The second sample keeps half its patches.
      let kept = (16..<32).filter { $0 % 2 == 0 }
      let tokens = t.input([2, 3, 32, 32], .f32).patches(
        of: 8, t.indices(Array(0..<16) + kept), as: w["patch"].productType
      )
      .linear(w["patch"], w["patch.bias"], wide: true)
      let rows = Segments(lengths: [17, 9], on: t.device)
      // Class tokens stand in front: row 24 of what follows is the first's, row 25 the second's.
      let front = [24] + Array(0..<16) + [25] + Array(16..<24)
      let classes = w["class"].gatherRows(.indices(2, step: 0, on: t.device))
      let places = [0] + (1...16).map { $0 } + [0] + kept.map { $0 - 16 + 1 }
      let x = Tensor.concatenated([tokens, classes]).gatherRows(t.indices(front))
        .addingRows(of: w["position"], t.indices(places))
      var normed = x.layerNorm(
        NormParameters(weight: w["0.norm1"], bias: w["0.norm1.bias"], epsilon: 1e-6), lowered: true)
      var stream = x
      func options(_ site: Int, _ gamma: String, _ rows: Segments) -> BranchOptions {
        BranchOptions(
          gamma: w[gamma], dropout: Dropout(0.1, t.key.fold(site)),
          path: DropPath(0.2, t.key.fold(site + 1), samples: rows))
      }
      let attended = normed.linear(w["0.qkv"], w["0.qkv.bias"])
        .selfAttention(rows, AttentionOptions(heads: heads, dropout: Dropout(0.1, t.key.fold(100))))
        .linear(w["0.proj"], w["0.proj.bias"])
      (stream, normed) = joined(w, "0", stream, attended, options(0, "0.gamma1", rows), "0.norm2")
      (stream, normed) = joined(w, "0", stream, mlp(w, "0", normed), options(2, "0.gamma2", rows), "1.norm1")
      // The last block computes what the head reads.
      let (read, samples) = (t.indices([0, 17]), Segments(count: 2, length: 1, on: t.device))
      let query = normed.gatherRows(read).linear(w.rows("1.qkv", 0..<width), w.rows("1.qkv.bias", 0..<width))
      let keys = normed.linear(w.rows("1.qkv", width..<3 * width), w.rows("1.qkv.bias", width..<3 * width))
      let last = query.attention(samples, over: keys, rows, AttentionOptions(heads: heads))
        .linear(w["1.proj"], w["1.proj.bias"])
      (stream, normed) = joined(w, "1", stream.gatherRows(read), last, options(4, "1.gamma1", samples), "1.norm2")
      (_, normed) = joined(w, "1", stream, mlp(w, "1", normed), options(6, "1.gamma2", samples), "norm")
      let logits = normed.linear(w["head"], w["head.bias"], wide: true)
      finish(t, w, logits, logits.crossEntropy(.labels(t.indices([3, 7]), smoothing: 0.1)))
    }
    addTextNetwork(to: &cases)
    addPairNetwork(to: &cases)
    addConvolutionNetwork(to: &cases)
    addWindowNetwork(to: &cases)
    return cases
  }

  private static func block(_ name: String, _ width: Int) -> [(name: String, shape: Shape)] {
    let shapes: [(String, Shape)] = [
      ("norm1", [width]), ("norm1.bias", [width]), ("qkv", [3 * width, width]), ("qkv.bias", [3 * width]),
      ("proj", [width, width]), ("proj.bias", [width]), ("gamma1", [width]), ("norm2", [width]),
      ("norm2.bias", [width]),
      ("fc1", [4 * width, width]), ("fc1.bias", [4 * width]), ("fc2", [width, 4 * width]), ("fc2.bias", [width]),
      ("gamma2", [width]),
    ]
    return shapes.map { (name: "\(name).\($0)", shape: $1) }
  }

  private static func mlp(_ w: CheckWeights, _ name: String, _ x: Tensor, _ activation: Activation = .gelu) -> Tensor {
    x.linear(w["\(name).fc1"], w["\(name).fc1.bias"], activation).linear(w["\(name).fc2"], w["\(name).fc2.bias"])
  }

  private static func joined(
    _ w: CheckWeights, _ name: String, _ stream: Tensor, _ branch: Tensor, _ options: BranchOptions, _ norm: String
  ) -> (Tensor, Tensor) {
    stream.adding(
      branch: branch, options, thenNorm: NormParameters(weight: w[norm], bias: w["\(norm).bias"], epsilon: 1e-6),
      lowered: true)
  }

  private static func finish(
    _ t: Trial, _ w: CheckWeights, _ outputs: Tensor, _ loss: Tensor, _ accuracy: Accuracy = .network
  ) {
    t.result("outputs", outputs, .network)
    t.result("loss", loss, .network)
    loss.backward(into: w.gradients)
    t.result("norm of the gradient", w.gradients.norm(), accuracy)
    w.report(t, accuracy)
  }

  /// BERT: embeddings, a norm behind the joint, and a tied decoder.
  private static func addTextNetwork(to cases: inout [CheckCase]) {
    cases.add("network", "a text encoder with its embeddings as decoder") { t in
      let width = 64
      let w = CheckWeights(
        t,
        [
          ("word", [50, width]), ("position", [16, width]), ("kind", [2, width]), ("norm", [width]),
          ("norm.bias", [width]),
        ] + block("0", width) + [("pool", [width, width]), ("pool.bias", [width]), ("head", [1, width])],
        tables: ["word", "position", "kind"])
      let rows = Segments(lengths: [11, 5], on: t.device)
      let words = (0..<16).map { t.key.integer(below: 50, at: $0) }
      let x = Tensor.gatherSum([
        (w["word"], t.indices(words)), (w["position"], t.indices(Array(0..<11) + Array(0..<5))),
        (w["kind"], t.indices((0..<16).map { $0 % 2 })),
      ]).layerNorm(NormParameters(weight: w["norm"], bias: w["norm.bias"], epsilon: 1e-12))
        .dropped(Dropout(0.1, t.key.fold(1)))
      func norm(_ name: String) -> NormParameters {
        NormParameters(weight: w[name], bias: w["\(name).bias"], epsilon: 1e-12)
      }
      let attended = x.linear(w["0.qkv"], w["0.qkv.bias"]).selfAttention(
        rows,
        AttentionOptions(
          heads: 2, keyMask: t.flags((0..<16).map { $0 == 4 ? 0 : 1 }), dropout: Dropout(0.1, t.key.fold(2)))
      ).linear(w["0.proj"], w["0.proj.bias"])
      let dropout = BranchOptions(dropout: Dropout(0.1, t.key.fold(3)))
      let middle = x.adding(branch: attended, dropout, thenNorm: norm("0.norm1")).normed
      let y = middle.adding(branch: mlp(w, "0", middle), dropout, thenNorm: norm("0.norm2")).normed
      let pooled = y.gatherRows(t.indices([0, 11])).linear(w["pool"], w["pool.bias"], .tanh)
      let score = pooled.linear(w["head"], nil, wide: true)
      let decoded = y.linear(w["word"], nil, wide: true)
      let loss = decoded.crossEntropy(.labels(t.indices(words), smoothing: 0))
        .adding(score.meanSquaredError(t.input([2, 1], .f32)))
      finish(t, w, decoded, loss.adding(y.segmentMean(rows).power(2).mean()))
    }
  }

  /// CLIP: two towers, similarities of unit vectors, and a scale.
  private static func addPairNetwork(to cases: inout [CheckCase]) {
    cases.add("network", "pairs of pictures and texts") { t in
      let width = 64
      let w = CheckWeights(
        t,
        [
          ("patch", [width, 3, 8, 8]), ("word", [40, width]), ("position", [7, width]), ("pictures", [32, width]),
          ("texts", [32, width]), ("scale", []),
        ] + block("0", width), tables: ["word"])
      let images = t.input([5, 3, 16, 16], .f32).patches(of: 8, as: w["patch"].productType)
        .linear(w["patch"], nil, wide: true).segmentMean(Segments(count: 5, length: 4, on: t.device))
        .linear(w["pictures"]).normalizedRows()
      let x = w["word"].gatherRows(t.indices((0..<35).map { t.key.integer(below: 40, at: $0) }))
        .addingRows(of: w["position"], t.indices((0..<35).map { $0 % 7 }))
      let rows = Segments(count: 5, length: 7, on: t.device)
      let normed = x.layerNorm(
        NormParameters(weight: w["0.norm1"], bias: w["0.norm1.bias"], epsilon: 1e-5), lowered: true)
      let attended = normed.linear(w["0.qkv"], w["0.qkv.bias"])
        .selfAttention(rows, AttentionOptions(heads: 2, causal: true)).linear(w["0.proj"], w["0.proj.bias"])
      let (stream, next) = joined(w, "0", x, attended, BranchOptions(), "0.norm2")
      let texts = stream.adding(branch: mlp(w, "0", next, .quickGelu)).gatherRows(t.indices((0..<5).map { 7 * $0 + 6 }))
        .linear(w["texts"]).normalizedRows()
      let logits = images.linear(texts).scaled(by: w["scale"].exp())
      let target = Target.labels(t.indices(Array(0..<5)), smoothing: 0)
      finish(t, w, logits, logits.crossEntropy(target).adding(logits.transposed().crossEntropy(target)).scaled(by: 0.5))
    }
  }

  /// A residual network: a stem, a block of batch-norms, and a head of binary losses.
  private static func addConvolutionNetwork(to cases: inout [CheckCase]) {
    cases.add("network", "a residual network") { t in
      var shapes: [(name: String, shape: Shape)] = [
        ("stem", [16, 3, 7, 7]), ("first", [16, 16, 3, 3]), ("second", [32, 16, 3, 3]), ("short", [32, 16, 1, 1]),
        ("head", [10, 32]), ("head.bias", [10]),
      ]
      for (number, width) in [16, 16, 32, 32].enumerated() {
        shapes += [("norm\(number)", [width]), ("norm\(number).bias", [width])]
      }
      let w = CheckWeights(t, shapes)
      var running: [Tensor] = []
      func normed(_ x: Tensor, _ number: Int, _ options: BatchNormOptions) -> Tensor {
        let width = x.shape.columns
        let statistics = [0.0, 1].map { Tensor([width], filledWith: $0, dtype: w.set.arena.dtype, on: t.device) }
        running += statistics
        let norm = BatchNormParameters(
          weight: w["norm\(number)"], bias: w["norm\(number).bias"], runningMean: statistics[0],
          runningVariance: statistics[1])
        return x.batchNorm(norm, .batch(updating: true), options)
      }
      let rectified = BatchNormOptions(isRectified: true)
      let stem = normed(
        t.input([4, 3, 24, 20], .f32).channelsLast(as: w["stem"].productType).convolution(
          w["stem"], stride: 2, padding: 3),
        0, rectified
      ).maxPool(3, stride: 2, padding: 1)
      let first = normed(stem.convolution(w["first"], padding: 1), 1, rectified)
      let short = normed(stem.convolution(w["short"], stride: 2), 2, BatchNormOptions())
      let samples = Segments(count: 4, length: 9, on: t.device)
      let y = normed(
        first.convolution(w["second"], stride: 2, padding: 1), 3,
        BatchNormOptions(shortcut: short, path: DropPath(0.3, t.key, samples: samples), isRectified: true))
      let logits = y.reshaped([36, 32]).segmentMean(samples).linear(w["head"], w["head.bias"], wide: true)
      finish(t, w, logits, logits.binaryCrossEntropy(.probabilities(t.input([4, 10], .f32, .positive))), .kinked)
      for (number, tensor) in running.enumerated() { t.result("running statistics \(number)", tensor, .network) }
    }
  }

  /// Swin: windows with a table of relative positions, then merged patches.
  private static func addWindowNetwork(to cases: inout [CheckCase]) {
    cases.add("network", "windows and merged patches") { t in
      let width = 32
      let w = CheckWeights(
        t,
        [("bias", [25, 2]), ("merge", [48, 4 * width]), ("mergeNorm", [4 * width]), ("mergeNorm.bias", [4 * width])]
          + block("0", width), tables: ["bias"])
      let windows = Windows(samples: 2, grid: (5, 7), window: (3, 3), shift: (1, 1), on: t.device)
      let table = w["bias"].gatherRows(t.indices((0..<81).map { $0 * 7 % 25 })).transposed().reshaped([2, 9, 9])
      let x = t.input([70, width], .f32).adding(w["0.gamma1"])
      let normed = x.layerNorm(
        NormParameters(weight: w["0.norm1"], bias: w["0.norm1.bias"], epsilon: 1e-5), lowered: true)
      let attended = normed.linear(w["0.qkv"], w["0.qkv.bias"])
        .selfAttention(windows, AttentionOptions(heads: 2, bias: table), outside: w["0.qkv.bias"])
        .linear(w["0.proj"], w["0.proj.bias"])
      let (stream, next) = joined(w, "0", x, attended, BranchOptions(), "0.norm2")
      let y = stream.adding(branch: mlp(w, "0", next), BranchOptions(gamma: w["0.gamma2"]))
        .reshaped([2, 5, 7, width]).mergingPatches()
        .layerNorm(NormParameters(weight: w["mergeNorm"], bias: w["mergeNorm.bias"], epsilon: 1e-5), lowered: true)
        .linear(w["merge"])
      finish(t, w, y, y.crossEntropy(.probabilities(t.input(y.shape, .f32, .positive))))
    }
  }
}
