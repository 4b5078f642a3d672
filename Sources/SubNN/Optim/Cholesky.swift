/// The triangular root L of a symmetric, positive matrix A = L·Lᵀ, by which steep and flat directions become alike.
package struct Cholesky: Sendable {
  /// The side of the matrix.
  package let size: Int
  /// L's rows, one behind the other; what lies above the diagonal means nothing.
  private var rows: [Double]

  /// The root of `matrix` (row-major) with `shift` added to its diagonal; more is added where that does not make it
  /// positive.
  package init(_ matrix: [Double], size: Int, shift: Double) {
    precondition(matrix.count == size * size, "Cholesky: \(matrix.count) elements of a side of \(size)")
    self.size = size
    rows = matrix
    var shift = shift
    while !factor(matrix, shift) { shift = max(2 * shift, 1e-12) }
  }

  /// L⁻¹·x, in place of x.
  package func solve(_ x: UnsafeMutablePointer<Double>) {
    rows.withUnsafeBufferPointer { rows in
      for i in 0..<size {
        var sum = x[i]
        for j in 0..<i { sum -= rows[i * size + j] * x[j] }
        x[i] = sum / rows[i * size + i]
      }
    }
  }

  /// (Lᵀ)⁻¹·x, in place of x.
  package func solveTransposed(_ x: UnsafeMutablePointer<Double>) {
    rows.withUnsafeBufferPointer { rows in
      for i in (0..<size).reversed() {
        x[i] /= rows[i * size + i]
        for j in 0..<i { x[j] -= rows[i * size + j] * x[i] }
      }
    }
  }

  /// Says false where a part of the diagonal is not positive.
  private mutating func factor(_ matrix: [Double], _ shift: Double) -> Bool {
    rows.withUnsafeMutableBufferPointer { rows in
      for i in 0..<size {
        for j in 0...i {
          var sum = matrix[i * size + j] + (i == j ? shift : 0)
          for k in 0..<j { sum -= rows[i * size + k] * rows[j * size + k] }
          if i == j {
            guard sum > 1e-14 * shift.magnitude, sum.isFinite, sum > 0 else { return false }
            rows[i * size + i] = sum.squareRoot()
          } else {
            rows[i * size + j] = sum / rows[j * size + j]
          }
        }
      }
      return true
    }
  }
}
