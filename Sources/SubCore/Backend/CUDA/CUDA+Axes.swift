internal import CCudaKernels

extension CUDABackend {
  func copy(_ x: StridedView, adding: Bool, into y: StridedView) {
    precondition(x.shape == y.shape, "copy: \(x.shape) into \(y.shape)")
    precondition(x.base.dtype == y.base.dtype, "cuda: copy of \(x.base.dtype) into \(y.base.dtype)")
    for walk in Walk([x, y]).pieces {
      if adding {
        add(walk, of: x.base)
      } else if let axis = walk.turnedAxis {
        turn(walk, axis)
      } else {
        copy(walk)
      }
    }
  }

  private func copy(_ walk: Walk) {
    let size = walk.operands[0].size
    let wide = [16, 8, 4, 2].first { $0 > size && walk.allows($0 / size) }.map { $0 / size } ?? 1
    let items = walk.grouped(wide)
    launch(
      .axes, "copy_strided_\(size * wide)", blocks: blocks(items.count, per: 1024), threads: 256,
      ms_copy(
        x: items.operands[0].address, y: items.operands[1].address, items: UInt32(items.count),
        axes: ms_axes(items.lengths), x_stride: six(items.operands[0].strides.map { $0 / wide }),
        y_stride: six(items.operands[1].strides.map { $0 / wide })))
  }

  private func add(_ walk: Walk, of x: Tensor) {
    let wide = walk.allows(4) ? 4 : 1
    let items = walk.grouped(wide)
    launch(
      .axes, "add_strided_\(wide)_\(x.suffix)", blocks: blocks(items.count, per: 256), threads: 256,
      ms_copy(
        x: items.operands[0].address, y: items.operands[1].address, items: UInt32(items.count),
        axes: ms_axes(items.lengths), x_stride: six(items.operands[0].strides),
        y_stride: six(items.operands[1].strides)))
  }

  /// Matrices whose rows are along `axis`, and their columns along the innermost.
  private func turn(_ walk: Walk, _ axis: Int) {
    let (x, y) = (walk.operands[0], walk.operands[1])
    let rest = walk.removing([0, axis])
    let tiles = blocks(walk.lengths[axis], per: 32) * blocks(walk.lengths[0], per: 32)
    launch(
      .axes, "turn_\(x.size)", blocks: rest.count * tiles, threads: 256, shared: 32 * 33 * x.size,
      ms_turn(
        x: x.address, y: y.address, rows: UInt32(walk.lengths[axis]), columns: UInt32(walk.lengths[0]),
        x_column: Int64(x.strides[0]), y_row: Int64(y.strides[axis]), axes: ms_axes(rest.lengths),
        x_stride: six(rest.operands[0].strides), y_stride: six(rest.operands[1].strides)))
  }

  func apply(_ function: BinaryFunction, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    precondition(y.dtype == .f32, "cuda: \(y.dtype) where f32 is computed")
    zip("apply", function.rawValue, a, b, into: y)
  }

  func compare(_ comparison: Comparison, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    precondition(y.dtype == .u8, "cuda: \(y.dtype) where u8 flags are written")
    zip("compare", comparison.rawValue, a, b, into: y)
  }

  private func zip(_ kernel: String, _ function: Int, _ a: StridedView, _ b: StridedView, into y: Tensor) {
    precondition(
      a.base.dtype == .f32 && b.base.dtype == .f32,
      "cuda: \(a.base.dtype) and \(b.base.dtype) where f32 is computed")
    for walk in Walk([a, b, StridedView(y)]).pieces {
      let wide = walk.allows(4, repeating: true, rest: true) ? 4 : 1
      let items = walk.grouped(wide)
      let (a, b) = (items.operands[0], items.operands[1])
      launch(
        .axes, "\(kernel)_\(wide)", blocks: blocks(items.count, per: wide == 4 ? 512 : 1024), threads: 256,
        ms_zip(
          a: a.address.assumingMemoryBound(to: Float.self), b: b.address.assumingMemoryBound(to: Float.self),
          y: items.operands[2].address, items: UInt32(items.count), elements: UInt32(walk.count),
          function: Int32(function), axes: ms_axes(items.lengths), a_stride: six(a.strides), b_stride: six(b.strides)))
    }
  }

  func reduce(_ reduction: Reduction, _ x: Tensor, _ axes: AxisSplit, into y: Accumulation) {
    let name =
      switch reduction {
      case .sum: "sum"
      case .largest: "largest"
      case .smallest: "smallest"
      }
    let results = axes.outer * axes.inner
    guard results > 0 else { return }
    var call = ms_reduce(
      x: x.floatPointer, y: y.tensor.floatPointer, outer: Int64(axes.outer), length: Int64(axes.length),
      inner: Int64(axes.inner), beta: Float(y.beta), lanes: 1, columns: 1, parts: 1, part: Int64(axes.length))
    if axes.inner == 1 && (axes.length <= 1024 || axes.outer >= 8192) {
      // About four elements a lane where rows are short.
      while call.lanes < 32 && Int(call.lanes) * 4 < axes.length { call.lanes *= 2 }
      launch(.axes, "reduce_rows_\(name)", blocks: blocks(axes.outer, per: 256 / Int(call.lanes)), threads: 256, call)
    } else if axes.inner > 1 && axes.length <= 32 {
      launch(.axes, "reduce_each_\(name)", blocks: blocks(results, per: 256), threads: 256, call)
    } else {
      // Parts of the axis where the results alone are too few blocks; at least 16 elements a thread. Their number does
      // not depend on the device, so that a sum has the same bits on all.
      let tiles = blocks(axes.inner, per: 64)
      call.columns = Int32(blocks(axes.inner, per: tiles))
      let wanted = min(
        blocks(1024, per: axes.outer * tiles), blocks(axes.length, per: 16 * (256 / Int(call.columns))))
      let part = blocks(axes.length, per: wanted)
      let parts = blocks(axes.length, per: part)
      guard parts > 1 else { return launchColumns(name, call) }
      let partial = x.like([axes.outer, parts, axes.inner])
      // An address keeps no memory: the tensor must outlive both launches.
      withExtendedLifetime(partial) {
        call.y = partial.floatPointer
        (call.beta, call.parts, call.part) = (0, Int32(parts), Int64(part))
        launchColumns(name, call)
        (call.x, call.y) = (UnsafePointer(partial.floatPointer), y.tensor.floatPointer)
        (call.beta, call.length, call.parts, call.part) = (Float(y.beta), Int64(parts), 1, Int64(parts))
        launchColumns(name, call)
      }
    }
  }

  private func launchColumns(_ name: String, _ call: ms_reduce) {
    launch(
      .axes, "reduce_columns_\(name)",
      blocks: Int(call.outer) * Int(call.parts) * blocks(Int(call.inner), per: Int(call.columns)), threads: 256,
      shared: 256 * 4, call)
  }

  func argmax(_ x: Tensor, _ axes: AxisSplit, into y: Tensor) {
    guard axes.outer * axes.inner > 0 else { return }
    let tiles = blocks(axes.inner, per: 64)
    let columns = blocks(axes.inner, per: tiles)
    launch(
      .axes, "argmax_\(x.suffix)", blocks: axes.outer * blocks(axes.inner, per: columns), threads: 256,
      shared: 256 * 8,
      ms_argmax(
        x: x.rawPointer, y: y.indexPointer, outer: Int64(axes.outer), length: Int64(axes.length),
        inner: Int64(axes.inner), columns: Int32(columns)))
  }
}

/// A walk over elements of several operands, innermost axis first: without axes of length 1, and neighbouring axes as one
/// where no operand tells them apart.
private struct Walk {
  struct Operand {
    /// Of the first element.
    var address: UnsafeMutableRawPointer
    /// Bytes of an element.
    let size: Int
    /// In elements.
    var strides: [Int] = []
  }

  private(set) var lengths: [Int] = []
  private(set) var operands: [Operand]
  var count: Int { lengths.reduce(1, *) }

  /// All views are of one shape.
  init(_ views: [StridedView]) {
    operands = views.map { view in
      let size = view.base.dtype.size
      return Operand(
        address: UnsafeMutableRawPointer(view.base.pointer(UInt8.self)) + view.start * size, size: size)
    }
    let shape = views[0].shape
    for axis in (0..<shape.rank).reversed() where shape[axis] != 1 {
      let isOne =
        !lengths.isEmpty
        && views.indices.allSatisfy { views[$0].strides[axis] == operands[$0].strides.last! * lengths.last! }
      if isOne {
        lengths[lengths.count - 1] *= shape[axis]
      } else {
        lengths.append(shape[axis])
        for index in views.indices { operands[index].strides.append(views[index].strides[axis]) }
      }
    }
  }

  /// The same in parts that can be counted in 31 bits; none where there is nothing.
  var pieces: [Walk] {
    guard count > 0 else { return [] }
    guard count >= 1 << 31 else { return [self] }
    // The outermost axis, so that a dense operand is dense in both; at a multiple of 16, so that it stays aligned.
    let axis = lengths.lastIndex { $0 > 1 }!
    let half = lengths[axis] < 32 ? lengths[axis] / 2 : lengths[axis] / 32 * 16
    var (first, second) = (self, self)
    first.lengths[axis] = half
    second.lengths[axis] -= half
    for index in operands.indices {
      second.operands[index].address += half * operands[index].strides[axis] * operands[index].size
    }
    return first.pieces + second.pieces
  }

  /// Whether `wide` neighbours along the innermost axis can be read at once: they are neighbours in memory, or one repeated
  /// element if `repeating`; and no group is partial, except at the very end if `rest`.
  func allows(_ wide: Int, repeating: Bool = false, rest: Bool = false) -> Bool {
    guard let innermost = lengths.first, innermost % wide == 0 || rest && lengths.count == 1 else { return false }
    return operands.allSatisfy { operand in
      if operand.strides[0] == 0 { return repeating }
      return operand.strides[0] == 1 && operand.strides.dropFirst().allSatisfy { $0 % wide == 0 }
        && Int(bitPattern: operand.address) % (wide * operand.size) == 0
    }
  }

  /// A walk over groups of `wide` neighbours along the innermost axis; strides stay in elements.
  func grouped(_ wide: Int) -> Walk {
    guard wide > 1 else { return self }
    var walk = self
    walk.lengths[0] = blocks(lengths[0], per: wide)
    for index in operands.indices { walk.operands[index].strides[0] *= wide }
    return walk
  }

  /// The axis along which the first operand lies, where that is not the innermost, along which the second lies.
  var turnedAxis: Int? {
    guard let innermost = lengths.first, innermost >= 8, operands[0].strides[0] > 1, operands[1].strides[0] == 1 else {
      return nil
    }
    return lengths.indices.dropFirst().first { operands[0].strides[$0] == 1 && lengths[$0] >= 8 }
  }

  func removing(_ axes: [Int]) -> Walk {
    var walk = self
    for axis in axes.sorted(by: >) {
      walk.lengths.remove(at: axis)
      for index in operands.indices { walk.operands[index].strides.remove(at: axis) }
    }
    return walk
  }
}

extension ms_axes {
  /// n / length = n · multiplier >> shift for n < 2³¹: with 2^s ≥ length, ⌈2^(31+s) / length⌉ >> 31 + s.
  fileprivate init(_ lengths: [Int]) {
    let shifts = lengths.map { 31 + Int.bitWidth - ($0 - 1).leadingZeroBitCount }
    let multipliers = Swift.zip(lengths, shifts).map { (1 << $1 + $0 - 1) / $0 }
    self.init(
      rank: Int32(lengths.count), length: six(lengths), multiplier: six(multipliers), shift: six(shifts))
  }
}

/// A list of at most six as C's array of six.
private func six<Number: FixedWidthInteger>(_ list: [Int]) -> (Number, Number, Number, Number, Number, Number) {
  func at(_ index: Int) -> Number { index < list.count ? Number(list[index]) : 0 }
  return (at(0), at(1), at(2), at(3), at(4), at(5))
}
