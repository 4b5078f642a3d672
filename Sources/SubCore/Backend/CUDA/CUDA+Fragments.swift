internal import CCudaKernels

extension CUDABackend {
  /// Which of the matrix units' instructions do not what the kernels take them to do, by name. Waits for the device.
  func probeFragments(on place: Device) -> [String] {
    // Small whole numbers: every product is exact.
    let numbers = (0..<512).map { (index: Int) in (index * index / 3 + index) % 5 - 2 }
    let (x, y) = (FragmentMatrix(numbers.prefix(256)), FragmentMatrix(numbers.suffix(256)))
    let (xs, ys) = (x.upload(on: place), y.upload(on: place))
    let output = Tensor(uninitialized: [8, 256], on: place)
    launch(
      .fragments, "fragment_probe", blocks: 1, threads: 32, shared: 3 * 16 * 24 * 2,
      ms_fragment_probe(x: xs.rawPointer, y: ys.rawPointer, output: output.floatPointer))
    var results = [Float](repeating: 0, count: 8 * 256)
    results.withUnsafeMutableBytes { download(output, into: $0) }

    let product = x * y
    let checks: [(String, FragmentMatrix)] = [
      ("ldmatrix as a left operand", x),
      ("ldmatrix.trans as a left operand", x.transposed),
      ("mma", product),
      ("mma of a transposed left operand", x.transposed * y),
      ("mma of a transposed right operand", x * y.transposed),
      ("mma of a packed result", product * y),
      ("cp.async of no bytes", FragmentMatrix(x.values.prefix(128) + Array(repeating: 0, count: 128))),
    ]
    var wrong = checks.enumerated().filter { index, check in
      check.1.values.map(Float.init) != Array(results[index * 256..<(index + 1) * 256])
    }.map(\.element.0)
    // The second half of the rows was doubled, and two bf16 lie in each word.
    let rows = product.values.enumerated().map { Float($1 * ($0 < 128 ? 1 : 2)).brainBits }
    let stored = results[7 * 256..<7 * 256 + 128].flatMap { word in
      [UInt16(truncatingIfNeeded: word.bitPattern), UInt16(word.bitPattern >> 16)]
    }
    if rows != stored { wrong.append("rows of results by way of shared memory") }
    return wrong
  }
}

/// A 16×16 matrix of whole numbers.
private struct FragmentMatrix {
  let values: [Int]

  init(_ values: some Sequence<Int>) { self.values = Array(values) }

  var transposed: FragmentMatrix { FragmentMatrix((0..<256).map { values[$0 % 16 * 16 + $0 / 16] }) }

  static func * (a: FragmentMatrix, b: FragmentMatrix) -> FragmentMatrix {
    var product = [Int](repeating: 0, count: 256)
    for row in 0..<16 {
      for column in 0..<16 {
        for k in 0..<16 { product[row * 16 + column] += a.values[row * 16 + k] * b.values[k * 16 + column] }
      }
    }
    return FragmentMatrix(product)
  }

  /// As bf16.
  func upload(on device: Device) -> Tensor {
    let tensor = Tensor(uninitialized: [16, 16], dtype: .bf16, on: device)
    values.map { Float($0).brainBits }.withUnsafeBytes { tensor.backend.upload($0, to: tensor) }
    return tensor
  }
}
