// What the defaults are written with, beside the operations of `Ops/`: those record nothing of tensors that are not tracked.

extension Tensor {
  /// Replaces these elements by those of a tensor of the same count.
  func assign(_ values: Tensor) { backend.combine(1, values, 0, into: self) }

  /// The matrix of the last axis' columns.
  var asRows: Tensor { reshapedView([shape.rows, shape.columns]) }

  /// Zeros of the same type and device.
  func zeros(_ shape: Shape) -> Tensor { like(shape, filledWith: 0) }

  /// Rows of this table; -1: a row of zeros, or `extra`.
  func gathered(_ rows: [Int], extra: Tensor? = nil) -> Tensor {
    let (count, width) = (shape.rows, shape.columns)
    let table = Tensor.concatenated([asRows, (extra ?? zeros([width])).reshapedView([1, width])])
    return table.gatherRows(Tensor(indices: rows.map { $0 < 0 ? count : $0 }, on: device))
  }
}

extension Matrix {
  /// The elements as a tensor [rows, columns]: a view where they lie one behind the other, else a copy.
  var values: Tensor { StridedView(self).tensor() }

  /// Replaces the elements.
  func assign(_ values: Tensor) {
    tensor.backend.copy(
      StridedView(values.reshapedView([rows, columns])), adding: false, into: StridedView(self))
  }
}

extension Accumulation {
  /// Adds a sum of the same count.
  func add(_ sum: Tensor) { tensor.backend.combine(1, sum, beta, into: tensor) }
}

extension Segments {
  /// i32 [rows]: the sequence that each row belongs to.
  var sequenceOfRow: Tensor {
    Tensor(indices: lengths.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }, on: offsets.device)
  }

  /// [count, 1].
  func counts(like model: Tensor) -> Tensor {
    Tensor(lengths.map { Double($0) }, [count, 1], dtype: model.dtype, on: model.device)
  }

  /// The number of the row at every place when all sequences are as long as the longest, -1 where there is none.
  var padded: [Int] {
    var first = 0
    return lengths.flatMap { length in
      defer { first += length }
      return (0..<longest).map { $0 < length ? first + $0 : -1 }
    }
  }
}

extension DropPath {
  /// What every row is multiplied by: [rows, 1].
  func factors(like model: Tensor) -> Tensor {
    let numbers = Tensor.uniform([firstSample + samples.count], key, on: model.device)
    let own = numbers.slice(from: firstSample, shape: [samples.count, 1])
    let isKept = own.constant(Double(rate)).compared(.lessOrEqual, own).converted(to: model.dtype)
    return isKept.scaled(by: 1 / (1 - Double(rate))).gatherRows(samples.sequenceOfRow)
  }
}
