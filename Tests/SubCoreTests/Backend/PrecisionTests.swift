import CSubKernels
import SubCore
import Testing

/// Operations of bf16 operands against the same in f64: off by what rounding operands and results costs, and no more; with
/// the processor's bf16 units, where it has them, and without.
struct PrecisionTests {
  @Test func `conversions round to the nearest, of two the even one`() {
    let exact: [(Double, Double)] = [
      (1, 1), (1.00390625, 1), (1.01171875, 1.015625), (-3.0e38, -3.00405527e38), (1e-40, 9.18355e-41), (0, 0),
    ]
    for device in Device.available {
      let x = Tensor(exact.map(\.0) + [.infinity, .nan], [exact.count + 2], on: device)
      let rounded = x.converted(to: .bf16).converted(to: .f32).doubles()
      for (value, expected) in zip(rounded, exact.map(\.1)) { #expect(abs(value - expected) <= 1e-5 * abs(expected)) }
      #expect(rounded[exact.count] == .infinity && rounded[exact.count + 1].isNaN)
    }
  }

  @Test(arguments: [Activation.identity, .gelu, .quickGelu, .tanh]) func linear(_ activation: Activation) {
    // 67 rows: a step of 64, and the rest.
    for (rows, wide) in [(64, false), (67, false), (67, true), (3, false)] {
      checkLowered("linear \(activation) \(rows)", [([rows, 24], 0), ([40, 24], 1), ([40], 2)], lowered: [0]) { x, _ in
        x[0].linear(x[1], x[2], activation, wide: wide)
      }
    }
  }

  @Test func `a weight's rows, and activations as weights`() {
    checkLowered("rows", [([16, 8], 0), ([24, 8], 1)], lowered: [0]) { x, _ in
      x[0].linear(x[1].slice(8..<16)).linear(x[0].slice(0..<8))
    }
  }

  @Test(arguments: [64, 20, 7]) func attention(headWidth: Int) {
    let heads = 2
    let width = heads * headWidth
    let lengths = [9, 1, 37, 70]
    let rows = lengths.reduce(0, +)
    for causal in [false, true] {
      checkLowered("attention \(headWidth)", [([rows, 3 * width], 0)], lowered: [0]) { x, device in
        let segments = Segments(lengths: lengths, on: device)
        let dropout = Dropout(0.2, RandomKey(seed: 3))
        let mask = Tensor(
          HostArray((0..<rows).map { UInt8($0 % 5 == 2 ? 0 : 1) }, shape: [rows], dtype: .u8), on: device)
        return x[0].selfAttention(
          segments, AttentionOptions(heads: heads, causal: causal, keyMask: mask, dropout: dropout))
      }
    }
    checkLowered("one query", [([4, width], 0), ([rows, 2 * width], 1)], lowered: [0, 1]) { x, device in
      x[0].attention(
        Segments(count: 4, length: 1, on: device), over: x[1], Segments(lengths: lengths, on: device),
        AttentionOptions(heads: heads))
    }
  }

  @Test func `attention with a bias, and in windows`() {
    let (heads, width) = (2, 32)
    checkLowered("bias", [([26, 3 * width], 0), ([heads, 13, 13], 1)], lowered: [0]) { x, device in
      x[0].selfAttention(Segments(count: 2, length: 13, on: device), AttentionOptions(heads: heads, bias: x[1]))
    }
    checkLowered("windows", [([70, 3 * width], 0), ([heads, 9, 9], 1), ([3 * width], 2)], lowered: [0]) { x, device in
      let windows = Windows(samples: 2, grid: (5, 7), window: (3, 3), shift: (1, 1), on: device)
      return x[0].selfAttention(windows, AttentionOptions(heads: heads, bias: x[1]), outside: x[2])
    }
  }

  @Test func `joints and norms`() {
    let inputs: [(Shape, Double)] = [([6, 40], 0), ([6, 40], 1), ([40], 2), ([40], 3), ([40], 4)]
    checkLowered("joint", inputs, lowered: [1]) { x, device in
      let options = BranchOptions(
        gamma: x[2], dropout: Dropout(0.3, RandomKey(seed: 1)),
        path: DropPath(0.4, RandomKey(seed: 2), samples: Segments(count: 3, length: 2, on: device)))
      let norm = NormParameters(weight: x[3], bias: x[4], epsilon: 1e-5)
      let (sum, normed) = x[0].adding(branch: x[1], options, thenNorm: norm, lowered: true)
      return sum + normed
    }
    checkLowered("plain joint", inputs, lowered: [1]) { x, _ in x[0].adding(branch: x[1]) }
  }

  @Test func `rows, segments and dropout`() {
    checkLowered("gather", [([9, 20], 0)], lowered: [0]) { x, device in
      x[0].gatherRows(Tensor(indices: [3, 3, 0, 8, 3], on: device)).dropped(Dropout(0.3, RandomKey(seed: 1)))
    }
    checkLowered("mean", [([9, 20], 0)], lowered: [0]) { x, device in
      x[0].segmentMean(Segments(lengths: [2, 4, 3], on: device))
    }
  }

  @Test func `convolution, batch-norm and pooling`() {
    let inputs: [(Shape, Double)] = [
      ([2, 9, 9, 16], 0), ([16, 16, 3, 3], 1), ([16], 2), ([16], 3), ([2, 9, 9, 16], 4),
    ]
    checkLowered("convolution", inputs, lowered: [0, 4], tolerance: 0.06) { x, device in
      let zeros = Tensor([16], filledWith: 0, dtype: x[2].dtype, on: device)
      let ones = Tensor([16], filledWith: 1, dtype: x[2].dtype, on: device)
      let norm = BatchNormParameters(weight: x[2], bias: x[3], runningMean: zeros, runningVariance: ones)
      let options = BatchNormOptions(shortcut: x[4], isRectified: false)
      return x[0].convolution(x[1], stride: 1, padding: 1).batchNorm(norm, .batch(updating: false), options)
        .mergingPatches()
    }
    checkLowered("pool", [([2, 9, 9, 16], 0)], lowered: [0]) { x, _ in x[0].maxPool(3, stride: 2, padding: 1) }
  }

  @Test func `arithmetic widens`() {
    checkLowered("arithmetic", [([4, 6], 0), ([4, 6], 1)], lowered: [0, 1]) { x, _ in
      ((x[0] * x[1] - x[0].abs()) / (x[1] * x[1] + 1)).softmax() + x[0].transposed().matmul(x[1]).sum()
    }
    #expect((Tensor([1, 2], [2], on: .cpu).converted(to: .bf16) + 1).dtype == .f32)
  }

  @Test func `the shadow follows the weights`() {
    let leaves = Leaves([([2, 2], [1, 2, 3, 4])], dtype: .f32, precision: .bf16, on: .cpu)
    let x = Tensor([1, 0], [1, 2], on: .cpu)
    let product = { Tape.withoutRecording { x.linear(leaves.tensors[0]).floats() } }
    #expect(product() == [1, 3])
    leaves.parameters[0].value.write(HostArray([Float(5), 6, 7, 8], shape: [2, 2]))
    #expect(product() == [5, 7])
    let moments = Moments(leaves.set)
    for update in 1...2 {
      let gradients = Gradients(leaves.set)
      x.linear(leaves.tensors[0]).sum().backward(into: gradients)
      leaves.set.adamW(
        gradients, moments, MomentRates(lr: 1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, update: update),
        rates: [(1, 0)])
      let weights = leaves.parameters[0].value.floats()
      #expect(abs(weights[0] - Float(5 - update)) < 1e-3)
      #expect(abs(product()[0] - weights[0]) < 0.02)
    }
  }
}

/// Holds an operation of bf16 operands, and its derivative, against the same in f64. `lowered` are activations; the other
/// inputs are weights of a set that computes in bf16.
private func checkLowered(
  _ name: String, _ inputs: [(shape: Shape, phase: Double)], lowered: Set<Int>, tolerance: Double = 0.02,
  _ operation: Operation
) {
  // Values that bf16 holds, so that only what is computed of them is rounded.
  let values = inputs.map { input in
    (shape: input.shape, values: wavy(input.shape.count, input.phase).map { Double(bf16: $0) })
  }
  let exact = Leaves(values, dtype: .f64, on: .reference)
  let output = operation(exact.tensors, .reference)
  let derivative = Gradients(exact.set)
  weigh(output).backward(into: derivative)
  for usesUnits in [true, false] {
    sk_use_bf16_units(usesUnits)
    defer { sk_use_bf16_units(true) }
    let leaves = Leaves(values, dtype: .f32, precision: .bf16, on: .cpu)
    let tensors = leaves.tensors.enumerated().map { lowered.contains($0) ? $1.converted(to: .bf16) : $1 }
    let y = operation(tensors, .cpu)
    let place = "\(name)\(usesUnits ? "" : " without units")"
    expectClose(y.doubles(), output.doubles(), tolerance, place)
    let gradients = Gradients(leaves.set)
    weigh(y).backward(into: gradients)
    for (index, parameter) in leaves.parameters.enumerated() {
      expectClose(
        gradients.value(of: parameter).doubles(), derivative.value(of: exact.parameters[index]).doubles(),
        2 * tolerance, "\(place), d\(index)")
    }
  }
}

extension Double {
  /// The number without what bf16 does not hold.
  fileprivate init(bf16 value: Double) { self = Double(Float(bitPattern: Float(value).bitPattern & 0xFFFF_0000)) }
}
