internal import CCudaKernels

extension CUDABackend {
  func columnSum(_ x: Matrix, into sum: Accumulation) {
    guard x.rows > 0 && x.columns > 0 else { return combineSums(nil, columns: x.columns, into: [sum]) }
    // What few threads have read before a second kernel could begin needs none.
    let isSmall = x.rows <= 256
    let folds = !isSmall && x.stride == x.columns && x.isAligned(to: x.vectorWidth)
    let tiling = Tiling(
      rows: x.rows, columns: x.columns, width: folds || x.isMade(of: x.vectorWidth) ? x.vectorWidth : 1, folds: folds,
      blocks: isSmall ? 1 : 8 * multiprocessors)
    leaveSums(tiling, of: x.tensor, into: sum) { sums, beta in
      launch(
        .sums, "column_sum_\(tiling.kind)_\(x.tensor.suffix)", blocks: tiling.grid, threads: Tiling.threads,
        shared: tiling.shared,
        ms_column_sum(
          tiling: tiling.arguments, x: x.rawPointer, stride: Int64(tiling.fold * x.stride), sums: sums, beta: beta))
    }
  }

  func activationBackward(
    _ activation: Activation, saved: Tensor, _ dy: Tensor, into dpre: Tensor, columnSum: Accumulation?
  ) {
    precondition(
      saved.dtype == dy.dtype && dpre.dtype == dy.dtype, "cuda: \(saved.dtype), \(dy.dtype) into \(dpre.dtype)")
    let matrices = [saved, dy, dpre].map { Matrix($0) }
    let (rows, columns, width) = (matrices[0].rows, matrices[0].columns, matrices[0].vectorWidth)
    guard rows > 0 && columns > 0 else {
      if let columnSum { combineSums(nil, columns: columns, into: [columnSum]) }
      return
    }
    let isVector = matrices.allSatisfy { $0.isAligned(to: width) }
    let tiling = Tiling(
      rows: rows, columns: columns, width: isVector ? width : 1, folds: isVector, blocks: 8 * multiprocessors)
    leaveSums(tiling, of: dy, into: columnSum) { sums, beta in
      launch(
        .sums, "activation_backward_\(tiling.kind)_\(dy.suffix)", blocks: tiling.grid, threads: Tiling.threads,
        shared: tiling.shared,
        ms_activation_backward(
          tiling: tiling.arguments, activation: Int32(activation.rawValue), saved: saved.rawPointer,
          dy: dy.rawPointer, dpre: dpre.rawPointer, sums: sums, beta: beta))
    }
  }

  /// Each sum = beta · sum + what was left of it by the parts: `partial` [parts, sums, columns].
  func combineSums(_ partial: Tensor?, parts: Int = 0, columns: Int, into sums: [Accumulation?]) {
    guard columns > 0 && sums.contains(where: { $0 != nil }) else { return }
    let lanes = min(32, columns)
    func sum(_ index: Int) -> UnsafeMutablePointer<Float>? {
      index < sums.count ? sums[index]?.tensor.floatPointer : nil
    }
    func beta(_ index: Int) -> Float { Float(index < sums.count ? sums[index]?.beta ?? 0 : 0) }
    launch(
      .sums, "combine_sums", blocks: (blocks(columns, per: lanes), sums.count, 1), threads: 1024, shared: 4096,
      ms_combine_sums(
        partial: partial.map { UnsafePointer($0.floatPointer) }, parts: Int32(parts), columns: Int32(columns),
        stride: Int64(sums.count * columns), lanes: Int32(lanes), sum: (sum(0), sum(1), sum(2)),
        beta: (beta(0), beta(1), beta(2))))
  }

  /// Lets a kernel leave sums of columns: at their place where it has the whole of them, else to be added up.
  private func leaveSums(
    _ tiling: Tiling, of model: Tensor, into sum: Accumulation?,
    _ launch: (UnsafeMutablePointer<Float>?, _ beta: Float) -> Void
  ) {
    guard let sum else { return launch(nil, 0) }
    guard tiling.parts * tiling.fold > 1 else { return launch(sum.tensor.floatPointer, Float(sum.beta)) }
    let partial = model.like([tiling.parts * tiling.columns], dtype: .f32)
    launch(partial.floatPointer, 0)
    combineSums(
      partial, parts: tiling.parts * tiling.fold, columns: tiling.columns / tiling.fold, into: [sum])
  }
}

/// How blocks of threads share a matrix: `ms_tiling`.
private struct Tiling {
  static let threads = 256

  /// How many rows are read as one: dense rows that are narrow, or no whole number of vectors.
  let fold: Int
  /// Of such rows.
  let rows, columns, lastColumns: Int
  /// The columns of a thread.
  let width: Int
  let laneBits: Int
  let partRows: Int

  /// `blocks`: how many there should be, where that leaves every thread a few rows.
  init(rows: Int, columns: Int, width: Int, folds: Bool, blocks target: Int) {
    self.width = width
    fold = folds ? Tiling.fold(columns, width) : 1
    self.rows = blocks(rows, per: fold)
    self.columns = fold * columns
    lastColumns = (rows - (self.rows - 1) * fold) * columns
    let vectors = blocks(self.columns, per: width)
    laneBits = Tiling.laneBits(vectors)
    let above = Tiling.threads >> laneBits
    let wanted = blocks(target, per: blocks(vectors, per: 1 << laneBits))
    let parts = max(1, min(wanted, blocks(self.rows, per: 4 * above)))
    partRows = blocks(self.rows, per: parts * above) * above
  }

  var parts: Int { blocks(rows, per: partRows) }
  var grid: (Int, Int, Int) { (blocks(columns, per: width << laneBits), parts, 1) }
  /// Where a block adds up its sums.
  var shared: Int { Tiling.threads * width * 4 }
  /// Which of the kernels.
  var kind: String { width > 1 ? "vectors" : "elements" }

  var arguments: ms_tiling {
    ms_tiling(
      rows: Int64(rows), part_rows: Int64(partRows), columns: Int32(columns), last_columns: Int32(lastColumns),
      lane_bits: Int32(laneBits))
  }

  /// As few rows as are a whole number of vectors, and enough of them for a warp.
  private static func fold(_ columns: Int, _ width: Int) -> Int {
    let unit = (1...width).first { $0 * columns % width == 0 }!
    return unit * blocks(32 * width, per: unit * columns)
  }

  /// As many lanes as leave no more than an eighth of them idle.
  private static func laneBits(_ vectors: Int) -> Int {
    if vectors < 8 { return (0...3).first { 1 << $0 >= vectors }! }
    return [5, 4].first { blocks(vectors, per: 1 << $0) << ($0 + 3) <= vectors * 9 } ?? 3
  }
}

extension Matrix {
  /// The elements of 16 bytes.
  fileprivate var vectorWidth: Int { 16 / tensor.dtype.size }

  /// Whether the first element lies where a vector may.
  fileprivate func isAligned(to width: Int) -> Bool {
    UInt(bitPattern: rawPointer) % UInt(width * tensor.dtype.size) == 0
  }

  /// Whether every row is a whole number of vectors.
  fileprivate func isMade(of width: Int) -> Bool {
    isAligned(to: width) && columns % width == 0 && stride % width == 0
  }
}
