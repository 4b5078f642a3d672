extension CheckCase {
  static func grids() -> [CheckCase] {
    var cases: [CheckCase] = []
    for (kernel, stride, padding) in [(1, 1, 0), (1, 2, 0), (3, 1, 1), (3, 2, 1), (3, 1, 0), (7, 2, 3), (2, 2, 0)] {
      let window = SlidingWindow(kernel: kernel, stride: stride, padding: padding)
      addConvolution([2, 5, 7, 3], 2, window, to: &cases)
      if kernel == 3 || kernel == 1 { addConvolution([1, 9, 10, 33], 40, window, to: &cases) }
    }
    addConvolution([1, 14, 14, 64], 64, SlidingWindow(kernel: 3, stride: 1, padding: 1), to: &cases)
    addConvolution([2, 9, 9, 16], 16, SlidingWindow(kernel: 3, stride: 1, padding: 1), to: &cases)
    addConvolution([1, 32, 32, 3], 16, SlidingWindow(kernel: 7, stride: 2, padding: 3), to: &cases)
    addConvolution([1, 10, 10, 16], 136, SlidingWindow(kernel: 3, stride: 1, padding: 1), to: &cases)
    addLargeConvolution(to: &cases)
    for (rows, width) in [(6, 5), (9, 3), (700, 37), (98, 384), (2000, 8)] {
      cases.add("batchMoments", "\(rows)×\(width)") { t in
        func run(_ name: String, _ x: Tensor, _ accuracy: Accuracy = .rounded) {
          t.backend.batchMoments(
            x, mean: t.output("mean\(name)", [width], .f32, .rounded),
            variance: t.output("variance\(name)", [width], .f32, accuracy))
        }
        run("", t.input([rows, width]))
        // Columns far from zero keep their variance: half a unit in the last place of 1000 is 3e-5 of the deviation.
        let far = Numbers.normal(scale: t.precision == .bf16 ? 40 : 1, mean: 1000)
        run(" far from zero", t.input([rows, width], nil, far), .computed)
      }
      for isOfBatch in [true, false] {
        for path: Float in [0, 0.4] {
          for (isJoint, isRectified) in [(false, false), (false, true), (true, false), (true, true)] {
            addBatchNorm(rows, width, isOfBatch, path, isJoint, isRectified, to: &cases)
          }
        }
      }
    }
    for (shape, kernel, stride, padding) in [
      ([2, 5, 6, 3] as Shape, 3, 2, 1), ([2, 5, 6, 3], 2, 2, 0), ([1, 4, 4, 1], 3, 1, 1), ([2, 17, 12, 70], 3, 2, 1),
      ([1, 28, 28, 64], 3, 2, 1),
    ] { addPooling(shape, SlidingWindow(kernel: kernel, stride: stride, padding: padding), to: &cases) }
    for shape in [[2, 4, 6, 3], [2, 3, 5, 3], [2, 15, 14, 65], [1, 8, 8, 96]] as [Shape] {
      for (side, stride) in [(2, 2), (1, 2), (1, 3)] { addMerging(shape, side, stride, to: &cases) }
    }
    for (count, height, width) in [(4, 8, 12), (3, 5, 7), (1, 1, 1), (2, 37, 64)] {
      addPixels(count, height, width, to: &cases)
    }
    for shape in [[2, 3, 8, 6], [1, 1, 1, 1], [2, 3, 33, 65], [1, 7, 5, 4]] as [Shape] {
      cases.add("channelsLast", "\(shape)") { t in
        t.backend.channelsLast(
          t.input(shape, .f32), into: t.output("y", [shape[0], shape[2], shape[3], shape[1]], nil, .exact))
      }
    }
    for (shape, size, cells) in [
      ([2, 1, 4, 5] as Shape, 2, [1, 6]), ([2, 3, 32, 32], 16, [0, 3, 5]), ([1, 3, 9, 9], 3, []),
      ([3, 2, 4, 4], 1, [47]),
    ] {
      cases.add("clearCells", "\(cells) of \(size) in \(shape)", .single) { t in
        t.backend.clearCells(
          t.indices(cells), size: size, in: t.output("images", shape, nil, .exact, holding: .normal()))
      }
    }
    return cases
  }

  private static func addConvolution(
    _ shape: Shape, _ channels: Int, _ window: SlidingWindow, to cases: inout [CheckCase]
  ) {
    let part = "\(shape)→\(channels), \(window.kernel)/\(window.stride)/\(window.padding)"
    let weights: Shape = [channels, shape[3], window.kernel, window.kernel]
    let result: Shape = [shape[0], window.count(along: shape[1]), window.count(along: shape[2]), channels]
    func weight(_ t: Trial) -> Tensor { t.input(weights, nil, .normal(scale: 0.3)) }
    cases.add("convolution", part) { t in
      let (x, weight) = (t.input(shape), weight(t))
      t.backend.convolution(x, weight, t.input([channels], .f32), window, into: t.output("y", result, nil, .rounded))
      t.backend.convolution(x, weight, nil, window, into: t.output("without bias", result, nil, .rounded))
    }
    cases.add("convolutionBackward(toData)", part) { t in
      let dx = t.output("dx", shape, nil, .rounded)
      t.backend.convolutionBackward(t.input(result), weight(t), window, toData: dx)
    }
    cases.add("convolutionBackward(toWeight)", part) { t in
      let (x, dy) = (t.input(shape), t.input(result))
      for beta in [0.0, 1] {
        t.backend.convolutionBackward(x, dy, window, toWeight: t.sum("beta \(beta)", weights, beta, .rounded))
      }
    }
  }

  /// Of so many pixels that a device cuts them in its largest parts.
  private static func addLargeConvolution(to cases: inout [CheckCase]) {
    let window = SlidingWindow(kernel: 1, stride: 1, padding: 0)
    let (few, many): (Shape, Shape) = ([1, 184, 184, 8], [1, 184, 184, 128])
    cases.add("convolution", "\(few)→128", [.bf16]) { t in
      t.backend.convolution(
        t.input(few), t.input([128, 8, 1, 1]), t.input([128], .f32), window, into: t.output("y", many, nil, .rounded))
    }
    cases.add("convolutionBackward(toData)", "\(many)→8", [.bf16]) { t in
      let dx = t.output("dx", many, nil, .rounded)
      t.backend.convolutionBackward(t.input(few), t.input([8, 128, 1, 1]), window, toData: dx)
    }
  }

  private static func addBatchNorm(
    _ rows: Int, _ width: Int, _ isOfBatch: Bool, _ path: Float, _ isJoint: Bool, _ isRectified: Bool,
    to cases: inout [CheckCase]
  ) {
    let words = [
      isOfBatch ? nil : "running", path > 0 ? "in part" : nil, isJoint ? "joined" : nil,
      isRectified ? "rectified" : nil,
    ]
    let part = (["\(rows)×\(width)"] + words.compactMap(\.self)).joined(separator: ", ")
    let shape: Shape = [rows, width]
    func call(_ t: Trial, shortcut: Tensor?) -> BatchNormCall {
      let x = t.input(shape)
      // Running statistics are neither 0 nor 1.
      let (mean, variance) = (
        isOfBatch ? t.scratch([width], .f32) : t.input([width], .f32),
        isOfBatch ? t.scratch([width], .f32) : t.input([width], .f32, .positive)
      )
      if isOfBatch { t.backend.batchMoments(x, mean: mean, variance: variance) }
      let lengths = [rows / 2, rows > 2 ? 1 : 0, rows - rows / 2 - (rows > 2 ? 1 : 0)]
      var samples = DropPath(path, t.key, samples: Segments(lengths: lengths, on: t.device))
      samples?.firstSample = 2
      return BatchNormCall(
        x: x, mean: mean, variance: variance, weight: t.input([width], .f32), bias: t.input([width], .f32),
        epsilon: 1e-5, isOfBatch: isOfBatch, isRectified: isRectified, shortcut: shortcut, path: samples)
    }
    cases.add("batchNorm", part) { t in
      let call = call(t, shortcut: isJoint ? t.input(shape) : nil)
      t.backend.batchNorm(call, into: t.output("y", shape, nil, .rounded))
    }
    cases.add("batchNormBackward", part) { t in
      // What the joint let through is all that is read of it.
      let passed = Numbers.listed((0..<rows * width).map { max(0, t.key.normal(at: $0)) })
      let y = isJoint && isRectified ? t.input(shape, nil, passed) : nil
      let (call, dy) = (call(t, shortcut: nil), t.input(shape))
      func run(_ name: String, dy: Tensor, dz: Tensor?, dx: Tensor?, beta: Double?) {
        t.backend.batchNormBackward(
          call, y: y, dy: dy, dz: dz, dx: dx, dweight: beta.map { t.sum("\(name): dweight", [width], $0) },
          dbias: beta.map { t.sum("\(name): dbias", [width], $0) })
      }
      func output(_ name: String, _ accuracy: Accuracy = .computed) -> Tensor { t.output(name, shape, nil, accuracy) }
      let dz = y == nil ? nil : output("dz", .exact)
      run("all", dy: dy, dz: dz, dx: output("dx"), beta: 0)
      run("added", dy: dy, dz: y == nil ? nil : output("dz once more", .exact), dx: output("dx once more"), beta: 1)
      run("the sums alone", dy: dy, dz: y == nil ? nil : output("dz beside sums", .exact), dx: nil, beta: 0)
      run(
        "dx alone", dy: dy, dz: y == nil ? nil : output("dz beside dx", .exact), dx: output("dx without sums"),
        beta: nil)
      let place = t.output(y == nil ? "dx in place" : "dz in place", shape, nil, .computed, holding: .normal())
      run(
        "in place", dy: place, dz: y == nil ? nil : place, dx: y == nil ? place : output("dx beside dz in place"),
        beta: 0)
    }
  }

  private static func addPooling(_ shape: Shape, _ window: SlidingWindow, to cases: inout [CheckCase]) {
    let part = "\(shape), \(window.kernel)/\(window.stride)/\(window.padding)"
    let result: Shape = [shape[0], window.count(along: shape[1]), window.count(along: shape[2]), shape[3]]
    // Few numbers, so that the first of equals counts.
    func pixels(_ t: Trial, few: Bool) -> Tensor {
      t.input(
        shape, nil, few ? .listed((0..<shape.count).map { Double(t.key.integer(below: 4, at: $0)) - 2 }) : .normal())
    }
    cases.add("maxPool", part) { t in
      for few in [false, true] {
        t.backend.maxPool(
          pixels(t, few: few), window, into: t.output(few ? "y of equals" : "y", result, nil, .exact),
          which: t.output(few ? "which of equals" : "which", result, .u8, .exact))
      }
    }
    cases.add("maxPoolBackward", part) { t in
      let which = t.scratch(result, .u8)
      t.backend.maxPool(pixels(t, few: true), window, into: t.scratch(result), which: which)
      let dx = t.output("dx", shape, nil, .computed)
      t.backend.maxPoolBackward(t.input(result), which: which, window, into: dx)
    }
  }

  private static func addMerging(_ shape: Shape, _ side: Int, _ stride: Int, to cases: inout [CheckCase]) {
    let part = "\(shape), \(side) of \(stride)"
    let result: Shape = [
      shape[0], (shape[1] + stride - 1) / stride, (shape[2] + stride - 1) / stride, side * side * shape[3],
    ]
    cases.add("mergePixels", part) { t in
      t.backend.mergePixels(t.input(shape), side: side, stride: stride, into: t.output("y", result, nil, .exact))
    }
    cases.add("mergePixelsBackward", part) { t in
      t.backend.mergePixelsBackward(
        t.input(result), side: side, stride: stride, into: t.output("dx", shape, nil, .exact))
    }
  }

  /// Bytes of pictures, some of them erased in part, mixed in every way.
  private static func addPixels(_ count: Int, _ height: Int, _ width: Int, to cases: inout [CheckCase]) {
    cases.add("normalizePixels", "\(count) of \(height)×\(width)", .single) { t in
      let shape = [count, height, width, 3]
      let bytes = (0..<shape.reduce(1, *)).map { UInt8(t.key.fold("bytes").integer(below: 256, at: $0)) }
      let table = (0..<768).map { Float(t.key.fold("table").normal(at: $0)) }
      let areas = (0..<count).filter { $0 != 1 }.map {
        ErasedArea(picture: $0, rows: $0 % height..<height, columns: width / 3..<max(1, width - $0 % width))
      }
      let noise = (0..<areas.reduce(0) { $0 + $1.count }).map { Float(t.key.fold("noise").normal(at: $0)) }
      let cut = PixelMixing.cut(rows: height / 4..<height - height / 3, columns: width / 5..<width - width / 4)
      for (name, mixing) in [("plain", .none), ("blended", .blend(own: 0.3, other: 0.7)), ("cut", cut)] {
        for isErased in [false, true] {
          let pixels = PixelBatch(
            bytes: HostArray(bytes, shape: shape, dtype: .u8), table: table, erased: isErased ? areas : [],
            noise: isErased ? noise : [], mixing: mixing)
          let accuracy = if case .blend = mixing { Accuracy.rounded } else { Accuracy.exact }
          t.backend.normalizePixels(
            pixels, into: t.output("\(name)\(isErased ? ", erased" : "")", [count, 3, height, width], .f32, accuracy))
        }
      }
    }
  }
}
