import SubCore
import Testing

/// Operations on grids of pixels: derivatives in double against finite differences, devices against the reference. The
/// larger cases are compared only: they reach what small ones do not, blocks of rows, several threads, odd remainders.
@Suite struct GridTests {
  @Test(arguments: [(1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (3, 1, 0), (7, 2, 3)])
  func `convolution`(kernel: Int, stride: Int, padding: Int) {
    let weight: Shape = [2, 3, kernel, kernel]
    check("convolution \(kernel)/\(stride)", [input([2, 5, 4, 3]), input(weight, 1), input([2], 2)]) { x, _ in
      x[0].scaled(by: 1.5).convolution(x[1], x[2], stride: stride, padding: padding)
    }
    check(
      "larger convolution \(kernel)/\(stride)", [input([2, 9, 10, 33]), input([40, 33, kernel, kernel], 1)],
      differences: false
    ) {
      x, _ in x[0].convolution(x[1], stride: stride, padding: padding)
    }
  }

  @Test func `a convolution used twice collects both gradients`() {
    check("convolution twice", [input([2, 4, 4, 3]), input([3, 3, 3, 3], 1)]) { x, _ in
      x[0].convolution(x[1], padding: 1).convolution(x[1], padding: 1).adding(x[0].convolution(x[1], padding: 1))
    }
  }

  @Test func `the stem's images have no gradient`() {
    let images = wavy(2 * 3 * 8 * 6, 3)
    check("stem", [input([4, 3, 7, 7])]) { x, device in
      Tensor(images, [2, 3, 8, 6], dtype: x[0].dtype, on: device).channelsLast().convolution(
        x[0], stride: 2, padding: 3)
    }
  }

  /// Running statistics that are neither 0 nor 1.
  private func norm(_ x: [Tensor], _ device: Device) -> BatchNormParameters {
    let count = x[1].count
    return BatchNormParameters(
      weight: x[1], bias: x[2], runningMean: Tensor(wavy(count, 1), [count], dtype: x[1].dtype, on: device),
      runningVariance: Tensor(wavy(count, 2).map { 0.6 + abs($0) }, [count], dtype: x[1].dtype, on: device))
  }

  @Test(arguments: [true, false], [0.0, 0.4])
  func `batch norm, joint and ReLU`(ofBatch: Bool, path: Double) {
    let statistics = ofBatch ? BatchNormStatistics.batch(updating: false) : .running
    for (rows, width, differences) in [(6, 5, true), (700, 37, false)] {
      // Backwards: against weights of its own pattern next to nothing would be left of the derivative.
      let x = (shape: Shape([rows, width]), values: Array(wavy(rows * width).reversed()))
      let inputs = [x, input([width], 1), input([width], 2), input([rows, width], 3)]
      for (isJoint, isRectified) in [(false, false), (false, true), (true, false), (true, true)] {
        let inputs = isJoint ? inputs : Array(inputs.prefix(3))
        check("batchNorm \(ofBatch) \(path) \(isJoint) \(isRectified) of \(rows)", inputs, differences: differences) {
          x, device in
          let samples = Segments(lengths: [rows / 2, 1, rows - rows / 2 - 1], on: device)
          let options = BatchNormOptions(
            shortcut: isJoint ? x[3].scaled(by: 1) : nil,
            path: DropPath(Float(path), RandomKey(seed: 8), samples: samples), isRectified: isRectified)
          return x[0].scaled(by: 1).batchNorm(norm(x, device), statistics, options)
        }
      }
    }
  }

  @Test func `a batch's columns far from zero keep their variance`() {
    let (rows, width) = (3000, 24)
    let values = (0..<rows * width).map { 1000 + Double(($0 * 7919 + 13) % 1009) / 1009 }
    let expected = Tensor(values, [rows, width], dtype: .f64, on: .reference)
    let (ones, zeros) = (Array(repeating: 1.0, count: width), Array(repeating: 0.0, count: width))
    func normed(_ x: Tensor) -> [Double] {
      func row(_ values: [Double]) -> Tensor { Tensor(values, [width], dtype: x.dtype, on: x.device) }
      let norm = BatchNormParameters(
        weight: row(ones), bias: row(zeros), runningMean: row(zeros), runningVariance: row(ones))
      return x.batchNorm(norm, .batch(updating: true)).doubles()
    }
    // Half a unit in the last place of 1000 is 3e-5 of the deviation.
    expectClose(normed(Tensor(values, [rows, width], on: .cpu)), normed(expected), 2e-4, "far from zero")
  }

  @Test func `running statistics move by momentum with the unbiased variance`() {
    for (device, dtype) in [(Device.reference, DType.f64), (.cpu, .f32), (.primitives, .f32)] {
      let x = Tensor([1, 4, 2, 8, 6, 3], [3, 2], dtype: dtype, on: device)
      func row(_ values: [Double]) -> Tensor { Tensor(values, [2], dtype: dtype, on: device) }
      let norm = BatchNormParameters(
        weight: row([1, 1]), bias: row([0, 0]), runningMean: row([0.5, -0.5]), runningVariance: row([2, 3]),
        momentum: 0.1)
      _ = x.batchNorm(norm, .batch(updating: false))
      #expect(norm.runningMean.doubles() == row([0.5, -0.5]).doubles())
      _ = x.batchNorm(norm, .batch(updating: true))
      // Means 3 and 5, squares about them 14 and 14 over 3 - 1.
      expectClose(norm.runningMean.doubles(), [0.75, 0.05], 1e-6, "running mean")
      expectClose(norm.runningVariance.doubles(), [2.5, 3.4], 1e-6, "running variance")
      _ = x.batchNorm(norm, .running)
      expectClose(norm.runningMean.doubles(), [0.75, 0.05], 1e-6, "running mean, evaluated")
    }
  }

  @Test(arguments: [(3, 2, 1), (2, 2, 0), (3, 1, 1)])
  func `max pooling`(kernel: Int, stride: Int, padding: Int) {
    check("maxPool", [input([2, 5, 6, 3])]) { x, _ in x[0].maxPool(kernel, stride: stride, padding: padding) }
    check("larger maxPool", [input([3, 17, 12, 70])], differences: false) { x, _ in
      x[0].maxPool(kernel, stride: stride, padding: padding)
    }
  }

  @Test func `of equal pixels the first is the greatest`() {
    for device in [.reference] + Device.tested {
      let leaves = Leaves([(shape: [1, 2, 2, 1], values: [3, 3, 3, 3])], dtype: .f32, on: device)
      let gradients = Gradients(leaves.set)
      let y = leaves.tensors[0].maxPool(2, stride: 2)
      y.backward(from: Tensor([5], y.shape, on: device), into: gradients)
      #expect(gradients.value(of: leaves.parameters[0]).floats() == [5, 0, 0, 0])
    }
  }

  @Test func `merged and strided pixels`() {
    for shape in [[2, 4, 6, 3], [2, 3, 5, 3]] as [Shape] {
      check("mergingPatches", [input(shape)]) { x, _ in x[0].mergingPatches() }
      check("strided", [input(shape)]) { x, _ in x[0].strided(by: 2) }
    }
    check("larger mergingPatches", [input([2, 15, 14, 65])], differences: false) { x, _ in x[0].mergingPatches() }
    // Rows before columns, as timm's PatchMerging flattens them.
    let cell = Tensor([0, 1, 2, 3], [1, 2, 2, 1], on: .cpu)
    #expect(cell.mergingPatches().floats() == [0, 2, 1, 3])
  }

  @Test func `cells of images are cleared`() {
    for device in [.reference] + Device.tested {
      let images = Tensor((1...40).map(Double.init), [2, 1, 4, 5], on: device)
      let cleared = images.clearingCells(Tensor(indices: [1, 6], on: device), of: 2).floats()
      // Cell 1 of image 0: rows 0-1, columns 2-3; cell 2 of image 1: rows 2-3, columns 0-1. Column 4 is in no cell.
      let zeros = [2, 3, 7, 8, 30, 31, 35, 36]
      #expect(cleared == (0..<40).map { zeros.contains($0) ? 0 : Float($0 + 1) })
    }
  }

  private struct Cut {
    var samples = 2
    var grid: (height: Int, width: Int)
    var window: (height: Int, width: Int)
    var shift = (height: 0, width: 0)
  }

  @Test(arguments: [false, true])
  func `attention in windows`(hasBias: Bool) {
    let cuts = [
      Cut(grid: (4, 6), window: (2, 3)), Cut(grid: (6, 4), window: (2, 2), shift: (1, 1)),
      Cut(grid: (6, 3), window: (3, 3), shift: (1, 0)),
      // Windows that reach beyond the grid.
      Cut(grid: (3, 5), window: (2, 3), shift: (1, 1)), Cut(samples: 1, grid: (4, 4), window: (3, 3)),
    ]
    for cut in cuts {
      let (rows, places) = (cut.samples * cut.grid.height * cut.grid.width, cut.window.height * cut.window.width)
      var inputs = [input([rows, 12], scale: 2), input([12], 1)]
      if hasBias { inputs.append(input([2, places, places], 2, scale: 2)) }
      check("windows \(cut)", inputs) { x, device in
        let windows = Windows(
          samples: cut.samples, grid: cut.grid, window: cut.window, shift: cut.shift, on: device)
        return x[0].selfAttention(
          windows, AttentionOptions(heads: 2, bias: hasBias ? x[2] : nil), outside: x[1])
      }
    }
  }

  @Test func `attention in the windows of Swin`() {
    for (grid, window, shift) in [(14, 7, 0), (14, 7, 3), (17, 7, 3), (24, 12, 6)] {
      let places = window * window
      let inputs = [
        input([2 * grid * grid, 3 * 64], scale: 3), input([3 * 64], 1), input([2, places, places], 2, scale: 2),
      ]
      check("windows of \(window) in \(grid), shifted by \(shift)", inputs, differences: false) { x, device in
        let windows = Windows(
          samples: 2, grid: (grid, grid), window: (window, window), shift: (shift, shift), on: device)
        return x[0].selfAttention(
          windows, AttentionOptions(heads: 2, bias: x[2], dropout: Dropout(0.1, RandomKey(seed: 3))), outside: x[1])
      }
    }
  }

  @Test func `a window as large as the grid is plain attention`() {
    let values = wavy(2 * 9 * 24, scale: 2)
    let qkv = Tensor(values, [18, 24], on: .cpu)
    let windows = Windows(samples: 2, grid: (3, 3), window: (3, 3), on: .cpu)
    let plain = qkv.selfAttention(Segments(count: 2, length: 9, on: .cpu), AttentionOptions(heads: 2)).floats()
    #expect(qkv.selfAttention(windows, AttentionOptions(heads: 2)).floats() == plain)
  }
}
