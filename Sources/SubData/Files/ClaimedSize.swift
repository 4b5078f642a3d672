/// Sizes that a file claims: products that may not overflow, before anything is allocated or an array is made of them.
enum ClaimedSize {
  /// The number of bytes of a shape, nil where a length is negative or a product overflows. Zero lengths count as one
  /// while checking, so that strides of an accepted shape never overflow either.
  static func bytes(_ shape: [Int], _ elementSize: Int) -> Int? {
    var product = elementSize
    for length in shape {
      guard length >= 0 else { return nil }
      let (next, overflow) = product.multipliedReportingOverflow(by: max(length, 1))
      guard !overflow else { return nil }
      product = next
    }
    return shape.contains(0) ? 0 : product
  }

  /// `[2, 3]` as text, cut where it is absurdly long.
  static func text(_ shape: [Int]) -> String {
    shape.count <= 16 ? "\(shape)" : "\(Array(shape.prefix(16))) and \(shape.count - 16) more axes"
  }
}
