extension CheckCase {
  /// Operations and their derivatives through the tape, in f32; with some inputs `lowered`, also in bf16.
  static func derivatives() -> [CheckCase] {
    var cases: [CheckCase] = []
    addProducts(to: &cases)
    addAttentions(to: &cases)
    addNorms(to: &cases)
    addRowMoves(to: &cases)
    addArithmetic(to: &cases)
    addShapes(to: &cases)
    addGridOperations(to: &cases)
    return cases
  }

  private static func addProducts(to cases: inout [CheckCase]) {
    for activation in [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu, .sigmoid] {
      for (rows, isWide) in [(3, false), (64, false), (67, true)] {
        cases.add(
          derivativeOf: "linear, \(activation), \(rows) rows\(isWide ? ", wide" : "")", [[rows, 24], [40, 24], [40]],
          lowered: [0]
        ) { x, _ in x[0].linear(x[1], x[2], activation, wide: isWide) }
      }
    }
    cases.add(derivativeOf: "linear without a bias", [[2, 3, 4], [5, 4]]) { x, _ in x[0].linear(x[1], nil, .gelu) }
    cases.add(derivativeOf: "a weight used twice", [[3, 4], [4, 4]]) { x, _ in
      x[0].linear(x[1], nil, .tanh).linear(x[1])
    }
    cases.add(derivativeOf: "a weight's rows, and activations as weights", [[16, 8], [24, 8]], lowered: [0]) { x, t in
      x[0].linear(x[1].slice(8..<16)).linear(x[0].slice(0..<8))
    }
    for (a, b) in [
      ([3, 4], [4, 2]), ([2, 3, 4], [4, 2]), ([2, 3, 4], [2, 4, 2]), ([3, 4], [2, 4, 2]), ([2, 1, 3, 4], [3, 4, 2]),
      ([1, 3, 4], [2, 4, 2]), ([4], [4, 2]), ([3, 4], [4]), ([4], [4]), ([2, 3, 4], [4]), ([4], [2, 4, 3]),
    ] as [(Shape, Shape)] {
      cases.add(derivativeOf: "matmul \(a) · \(b)", [a, b]) { x, _ in x[0].matmul(x[1]) }
    }
  }

  private static func addAttentions(to cases: inout [CheckCase]) {
    for isCausal in [false, true] {
      for dropout: Float in [0, 0.3] {
        cases.add(
          derivativeOf: "attention\(isCausal ? ", causal" : "")\(dropout > 0 ? ", dropped" : "")", [[9, 24]],
          lowered: [0]
        ) { x, t in
          x[0].selfAttention(
            Segments(lengths: [3, 1, 5], on: t.device),
            AttentionOptions(heads: 2, causal: isCausal, dropout: Dropout(dropout, t.key)))
        }
      }
    }
    cases.add(derivativeOf: "attention with a bias", [[26, 96], [2, 13, 13]], lowered: [0]) { x, t in
      x[0].selfAttention(Segments(count: 2, length: 13, on: t.device), AttentionOptions(heads: 2, bias: x[1]))
    }
    cases.add(derivativeOf: "single queries over hidden keys", [[2, 6], [7, 12]], lowered: [0, 1]) { x, t in
      x[0].attention(
        Segments(lengths: [1, 1], on: t.device), over: x[1], Segments(lengths: [3, 4], on: t.device),
        AttentionOptions(heads: 3, keyMask: t.flags([1, 0, 1, 1, 1, 0, 1])))
    }
    cases.add(derivativeOf: "attention in windows", [[70, 96], [2, 9, 9], [96]], lowered: [0]) { x, t in
      let windows = Windows(samples: 2, grid: (5, 7), window: (3, 3), shift: (1, 1), on: t.device)
      return x[0].selfAttention(windows, AttentionOptions(heads: 2, bias: x[1]), outside: x[2])
    }
  }

  private static func addNorms(to cases: inout [CheckCase]) {
    let inputs: [Shape] = [[6, 40], [6, 40], [40], [40], [40]]
    func norm(_ x: [Tensor]) -> NormParameters { NormParameters(weight: x[3], bias: x[4], epsilon: 1e-6) }
    func options(_ gamma: Tensor?, _ dropout: Float, _ path: Float, _ t: Trial) -> BranchOptions {
      BranchOptions(
        gamma: gamma, dropout: Dropout(dropout, t.key.fold(1)),
        path: DropPath(path, t.key.fold(2), samples: Segments(lengths: [2, 1, 3], on: t.device)))
    }
    cases.add(derivativeOf: "layerNorm", [[3, 5], [5], [5]]) { x, _ in
      x[0].layerNorm(NormParameters(weight: x[1], bias: x[2], epsilon: 1e-5))
    }
    for (dropout, path) in [(0, 0), (0.4, 0), (0, 0.5), (0.4, 0.5)] as [(Float, Float)] {
      let words = "\(dropout > 0 ? ", dropped" : "")\(path > 0 ? ", in part" : "")"
      cases.add(derivativeOf: "joint and norm\(words)", inputs, lowered: [1]) { x, t in
        let (sum, normed) = x[0].adding(
          branch: x[1], options(x[2], dropout, path, t), thenNorm: norm(x), lowered: true)
        return sum + normed
      }
      cases.add(derivativeOf: "norm behind a joint\(words)", inputs, lowered: [1]) { x, t in
        x[0].adding(branch: x[1], options(x[2], dropout, path, t), thenNorm: norm(x)).normed
      }
      cases.add(derivativeOf: "joint without LayerScale\(words)", Array(inputs.prefix(2)), lowered: [1]) { x, t in
        x[0].adding(branch: x[1], options(nil, dropout, path, t)).adding(branch: x[0])
      }
    }
    for isOfBatch in [true, false] {
      for (isJoint, isRectified) in [(false, true), (true, true), (true, false)] {
        cases.add(
          derivativeOf:
            "batchNorm\(isOfBatch ? "" : ", running")\(isJoint ? ", joined" : "")\(isRectified ? ", rectified" : "")",
          [[60, 5], [5], [5], [60, 5]], lowered: [0, 3]
        ) { x, t in
          func statistics(_ numbers: Numbers) -> Tensor {
            let own = t.scratch([5], .f32)
            own.write(t.numbers([5], numbers, stream: 9))
            return own
          }
          let (mean, variance) = (statistics(.normal()), statistics(.positive))
          let norm = BatchNormParameters(weight: x[1], bias: x[2], runningMean: mean, runningVariance: variance)
          let samples = Segments(lengths: [30, 1, 29], on: t.device)
          let options = BatchNormOptions(
            shortcut: isJoint ? x[3].scaled(by: 1) : nil, path: DropPath(0.4, t.key, samples: samples),
            isRectified: isRectified)
          let y = x[0].scaled(by: 1).batchNorm(norm, isOfBatch ? .batch(updating: true) : .running, options)
          t.result("running mean", mean, .rounded)
          t.result("running variance", variance, .rounded)
          return y
        }
      }
    }
  }

  private static func addRowMoves(to cases: inout [CheckCase]) {
    cases.add(derivativeOf: "gatherSum", [[4, 3], [2, 3]], tables: [0]) { x, t in
      Tensor.gatherSum([(x[0], t.indices([3, 0, 3, 1, 3])), (x[1], t.indices([0, 1, 1, 0, 0]))])
    }
    cases.add(derivativeOf: "a table that is a weight too", [[6, 8]], tables: [0]) { x, t in
      x[0].gatherRows(t.indices([3, 0, 3])).linear(x[0])
    }
    cases.add(derivativeOf: "gather of activations", [[9, 20]], lowered: [0]) { x, t in
      x[0].scaled(by: 2).gatherRows(t.indices([3, 3, 0, 8, 3])).dropped(Dropout(0.3, t.key))
    }
    cases.add(derivativeOf: "addingRows", [[4, 3], [3, 3]]) { x, t in
      x[0].addingRows(of: x[1], t.indices([2, 0, 0, 1]))
    }
    cases.add(derivativeOf: "prefixed", [[4, 3], [2, 3]]) { x, _ in x[0].prefixed(by: x[1], samples: 2) }
    cases.add(derivativeOf: "replacingRows", [[5, 3], [3]]) { x, t in
      x[0].scaled(by: 1.5).replacingRows(t.indices([4, 1]), by: x[1])
    }
    cases.add(derivativeOf: "segmentMean", [[9, 20]], lowered: [0]) { x, t in
      x[0].segmentMean(Segments(lengths: [2, 4, 3], on: t.device))
    }
  }

  private static func addArithmetic(to cases: inout [CheckCase]) {
    let pairs: [(Shape, Shape)] = [
      ([3, 4], [3, 4]), ([2, 3], []), ([], [2, 3]), ([4, 3], [3]), ([3], [4, 3]), ([3, 4], [3, 1]),
      ([2, 3, 4], [3, 1]),
      ([2, 1, 3], [4, 1]), ([2, 3, 2, 2], [1, 3, 1, 1]), ([1, 3, 1], [2, 1, 4]), ([1, 1], [1]),
    ]
    for (a, b) in pairs {
      cases.add(derivativeOf: "arithmetic of \(a) and \(b)", [a, b]) { x, _ in
        (x[0] + x[1]) * (x[0] - x[1]) / (x[1].abs() + 2) + x[0].maximum(x[1]) * 2 + x[0].minimum(x[1])
          + x[0].replacing(with: x[1], where: x[0].exp() .> x[1])
      }
    }
    cases.add(derivativeOf: "arithmetic of bf16", [[4, 6], [4, 6]], lowered: [0, 1]) { x, _ in
      ((x[0] * x[1] - x[0].abs()) / (x[1] * x[1] + 1)).softmax() + x[0].transposed().matmul(x[1]).sum()
    }
    cases.add(derivativeOf: "numbers", [[2, 3]], .positive) { x, _ in
      (1 - x[0]) * 2 + (3 / (x[0] + 2) - 1) / 7 + (0.5 + -x[0]) + x[0] * x[0] + x[0].clamped(to: 0.3...0.9)
    }
    cases.add(derivativeOf: "functions", [[3, 5]], .positive) { x, _ in
      [0, 1, 2, 3, -2, 0.5, 1.7, -0.3].reduce(x[0].exp() + x[0].log() + x[0].sqrt() + x[0].abs()) {
        $0 + x[0].power($1)
      }
    }
    for activation in [Activation.identity, .gelu, .geluTanh, .quickGelu, .tanh, .relu, .sigmoid] {
      cases.add(derivativeOf: "activated, \(activation)", [[3, 40]], lowered: [0]) { x, _ in x[0].activated(activation)
      }
    }
    cases.add(derivativeOf: "scaled by a tensor", [[2, 3], []]) { x, _ in x[0].scaled(by: x[1].exp()) }
    cases.add(derivativeOf: "dropped", [[4, 5]], lowered: [0]) { x, t in x[0].dropped(Dropout(0.4, t.key)) }
    cases.add(derivativeOf: "normalizedRows", [[3, 4]]) { x, _ in x[0].normalizedRows() }
    func soft(_ t: Trial) -> Target { .probabilities(t.input([3, 4], .f32, .positive)) }
    func labels(_ t: Trial, _ smoothing: Float) -> Target { .labels(t.indices([2, 0, 3]), smoothing: smoothing) }
    cases.add(derivativeOf: "crossEntropy, labels", [[3, 4]]) { x, t in x[0].crossEntropy(labels(t, 0.1)) }
    cases.add(derivativeOf: "crossEntropy, probabilities", [[3, 4]]) { x, t in x[0].crossEntropy(soft(t)) }
    cases.add(derivativeOf: "binaryCrossEntropy, labels", [[3, 4]]) { x, t in x[0].binaryCrossEntropy(labels(t, 0)) }
    cases.add(derivativeOf: "binaryCrossEntropy, probabilities", [[3, 4]]) { x, t in x[0].binaryCrossEntropy(soft(t)) }
    cases.add(derivativeOf: "meanSquaredError", [[5]]) { x, t in x[0].meanSquaredError(t.input([5], .f32)) }
  }

  private static func addShapes(to cases: inout [CheckCase]) {
    cases.add(derivativeOf: "permuted", [[2, 3, 4]]) { x, _ in
      x[0].permuted(2, 0, 1).flattened(from: 1).transposed() + x[0].permuted(0, 2, 1).reshaped(6, -1)
    }
    cases.add(derivativeOf: "broadcast", [[3, 1]]) { x, _ in x[0].broadcast(to: [2, 3, 4]) }
    cases.add(derivativeOf: "slices", [[4, 3]]) { x, _ in
      let y = x[0].exp()
      return x[0][1...].slice(..<2, axis: 1) + x[0][..<3].slice(1..., axis: -1) + x[0][-1][..<2] * x[0][0][1...]
        + y.slice(0..<2, axis: 1)[..<3] * y.slice(1..<3, axis: 1)[1...]
    }
    cases.add(derivativeOf: "indices of any rank", [[3, 2, 2]]) { x, t in x[0][t.indices([2, 0, 2, 2])] }
    cases.add(derivativeOf: "joins", [[2, 3], [2, 1]]) { x, _ in
      Tensor.stacked(
        [
          Tensor.concatenated([x[0], x[1], x[0]], axis: 1), Tensor.concatenated([x[1], x[0], x[0]], axis: 1),
        ], axis: -1)
    }
    for axes in [[], [0], [1], [2], [0, 2], [1, 2]] {
      cases.add(derivativeOf: "reductions over \(axes)", [[2, 3, 4]]) { x, _ in
        switch axes.count {
        case 0: x[0].sum() + x[0].mean() + x[0].maximum() - x[0].minimum()
        case 1: x[0].sum(axes[0]) + x[0].mean(axes[0]) + x[0].maximum(axes[0]) - x[0].minimum(axes[0])
        default:
          x[0].sum(axes[0], axes[1]) + x[0].mean(axes[0], axes[1]) + x[0].maximum(axes[0], axes[1])
            - x[0].minimum(axes[0], axes[1])
        }
      }
    }
    for axis in [-1, 0, 1] {
      cases.add(derivativeOf: "softmax along \(axis)", [[2, 3, 4]]) { x, _ in
        x[0].softmax(axis: axis) + x[0].logSoftmax(axis: axis)
      }
    }
  }

  private static func addGridOperations(to cases: inout [CheckCase]) {
    for (kernel, stride, padding) in [(1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (7, 2, 3)] {
      cases.add(
        derivativeOf: "convolution \(kernel)/\(stride)", [[2, 5, 4, 8], [16, 8, kernel, kernel], [16]], lowered: [0]
      ) { x, _ in x[0].scaled(by: 1.5).convolution(x[1], x[2], stride: stride, padding: padding) }
    }
    cases.add(derivativeOf: "a convolution used twice", [[2, 4, 4, 3], [3, 3, 3, 3]]) { x, _ in
      x[0].convolution(x[1], padding: 1).convolution(x[1], padding: 1).adding(x[0].convolution(x[1], padding: 1))
    }
    cases.add(derivativeOf: "a stem", [[4, 3, 7, 7]]) { x, t in
      t.input([2, 3, 8, 6], .f32).clearingCells(t.indices([1, 3]), of: 2).channelsLast()
        .convolution(x[0], stride: 2, padding: 3)
    }
    cases.add(derivativeOf: "maxPool", [[2, 9, 9, 16]], lowered: [0]) { x, _ in x[0].maxPool(3, stride: 2, padding: 1) }
    cases.add(derivativeOf: "mergingPatches", [[2, 3, 5, 3]], lowered: [0]) { x, _ in x[0].mergingPatches() }
    cases.add(derivativeOf: "strided", [[2, 3, 5, 3]], lowered: [0]) { x, _ in x[0].strided(by: 2) }
  }
}

extension [CheckCase] {
  /// The result of an operation on weights, and their gradients; those that are `lowered` are activations in bf16.
  mutating func add(
    derivativeOf part: String, _ shapes: [Shape], lowered: Set<Int> = [], tables: Set<Int> = [],
    _ numbers: Numbers = .normal(), _ operation: @escaping (_ x: [Tensor], _ t: Trial) -> Tensor
  ) {
    add("derivative", part, lowered.isEmpty ? .single : .both) { t in
      let names = shapes.indices.map { "\($0)" }
      let weights = CheckWeights(
        t, [(name: String, shape: Shape)](zip(names, shapes).map { ($0, $1) }),
        tables: Set(tables.map { names[$0] }), numbers)
      let isLowered = t.precision == .bf16 && !t.isExact
      let x = names.enumerated().map { number, name in
        isLowered && lowered.contains(number) ? weights[name].converted(to: .bf16) : weights[name]
      }
      let y = operation(x, t)
      t.result("y", y)
      y.backward(from: t.input(like: y), into: weights.gradients)
      weights.report(t, .computed)
    }
  }
}
