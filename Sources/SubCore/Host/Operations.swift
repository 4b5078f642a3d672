internal import CSubKernels

/// The multiplications and additions of products: what a step costs, the same on every machine. Products of matrices,
/// attention and convolutions count; what is done element by element does not.
public enum Operations {
  /// Those that `body` asks for, on this thread.
  public static func counting(_ body: () throws -> Void) rethrows -> Int {
    let before = count
    try body()
    return count - before
  }

  /// Those of this thread since it began.
  static var count: Int { Int(sk_operations()) }

  /// Counts products of [m, k] by [k, n].
  static func add(_ m: Int, _ n: Int, _ k: Int, times count: Int = 1) {
    sk_count_operations(Int64(2 * m * n * k * count))
  }
}
