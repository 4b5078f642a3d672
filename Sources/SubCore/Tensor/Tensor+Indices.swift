import Synchronization

extension Tensor {
  /// Indices that follow from a few numbers: `rows` runs of `count`, element i of run r being first + r · rowStep + i · step;
  /// i32 [rows · count]. What a step needs again and again is made and uploaded once and kept: it must not be written.
  public static func indices(
    _ count: Int, from first: Int = 0, step: Int = 1, rows: Int = 1, rowStep: Int = 0, on device: Device
  ) -> Tensor {
    let pattern = IndexPattern(first: first, count: count, step: step, rows: rows, rowStep: rowStep)
    return device.place.indices.tensor(pattern) { Tensor(indices: pattern.values, on: device) }
  }
}

/// What a list of indices follows from.
struct IndexPattern: Hashable {
  let first, count, step, rows, rowStep: Int

  var values: [Int] {
    (0..<rows).flatMap { row in (0..<count).map { first + row * rowStep + $0 * step } }
  }
}

/// The index tensors of a device that are kept. Nobody writes them, so that every thread may read them.
final class IndexCache: Sendable {
  private struct Constant: @unchecked Sendable {
    let tensor: Tensor
  }

  private let kept = Mutex<[IndexPattern: Constant]>([:])

  /// The kept tensor, or what `make` makes. A run has a few dozen; where sizes change with every batch, all are let go at
  /// some point.
  func tensor(_ pattern: IndexPattern, _ make: () -> Tensor) -> Tensor {
    if let found = kept.withLock({ $0[pattern] }) { return found.tensor }
    let made = Constant(tensor: make())
    kept.withLock {
      if $0.count >= 256 { $0.removeAll() }
      $0[pattern] = made
    }
    return made.tensor
  }
}
