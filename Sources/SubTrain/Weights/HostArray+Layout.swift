package import SubCore

extension HostArray {
  /// The rows of several arrays of one type, one behind the other.
  package init(joining arrays: [HostArray], shape: [Int]) {
    let buffer = HostBuffer(byteCount: arrays.reduce(0) { $0 + $1.byteCount }) { memory in
      var start = 0
      for array in arrays {
        array.withBytes { UnsafeMutableRawBufferPointer(rebasing: memory[start...]).copyMemory(from: $0) }
        start += array.byteCount
      }
    }
    self.init(dtype: arrays[0].dtype, shape: shape, buffer: buffer)
  }

  /// The rows in equal parts, which share this array's memory.
  package func split(_ count: Int) -> [HostArray] {
    guard count > 1 else { return [self] }
    precondition(shape[0] % count == 0, "HostArray: \(shape) in \(count) parts")
    return (0..<count).map { part in
      HostArray(
        dtype: dtype, shape: [shape[0] / count] + shape.dropFirst(), buffer: buffer,
        byteOffset: byteOffset + part * byteCount / count)
    }
  }

  /// Some rows, in the order of their numbers; a row may come several times.
  package func rows(_ numbers: [Int]) -> HostArray {
    precondition(numbers.allSatisfy { (0..<shape[0]).contains($0) }, "HostArray: rows of \(shape)")
    let size = byteCount / max(1, shape[0])
    let buffer = HostBuffer(byteCount: numbers.count * size) { memory in
      withBytes { bytes in
        for (place, number) in numbers.enumerated() {
          UnsafeMutableRawBufferPointer(rebasing: memory[(place * size)...]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: bytes[(number * size)..<((number + 1) * size)]))
        }
      }
    }
    return HostArray(dtype: dtype, shape: [numbers.count] + shape.dropFirst(), buffer: buffer)
  }

  /// The transpose of a matrix.
  package var transposed: HostArray {
    let (rows, columns, size) = (shape[0], shape[1], dtype.size)
    let buffer = HostBuffer(byteCount: byteCount) { memory in
      withBytes { bytes in
        for row in 0..<rows {
          for column in 0..<columns {
            let (from, to) = ((row * columns + column) * size, (column * rows + row) * size)
            for byte in 0..<size { memory[to + byte] = bytes[from + byte] }
          }
        }
      }
    }
    return HostArray(dtype: dtype, shape: [columns, rows], buffer: buffer)
  }
}
