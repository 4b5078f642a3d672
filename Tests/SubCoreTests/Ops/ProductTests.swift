import CSubKernels
import SubCore
import Testing

/// Matrix products against sums in double, at sizes on both sides of every border at which the kernel changes its ways:
/// alone, cut across rows or columns, blocks of the transposed operand turned first.
struct ProductTests {
  static let sizes = [
    (1, 1, 1), (3, 5, 0), (7, 300, 9), (127, 401, 33), (128, 192, 16), (529, 401, 37), (600, 5, 47), (40, 30, 70),
  ]

  private func numbers(_ count: Int, _ name: String) -> [Float] {
    let key = RandomKey(seed: 3).fold(name)
    return (0..<max(1, count)).map { 2 * key.uniform(at: $0) - 1 }
  }

  @Test(arguments: sizes, [(false, false), (false, true), (true, false), (true, true)])
  func `products and their sum with what was there`(size: (Int, Int, Int), transposed: (Bool, Bool)) {
    let (m, n, k) = size
    // Rows lie further apart than they are long.
    let (lda, ldb, ldc) = ((transposed.0 ? m : k) + 3, (transposed.1 ? k : n) + 1, n + 2)
    let a = numbers((transposed.0 ? k : m) * lda, "a")
    let b = numbers((transposed.1 ? n : k) * ldb, "b")
    let before = numbers(m * ldc, "c")
    for beta in [Float(0), 1] {
      var c = before
      sk_gemm(
        transposed.0, transposed.1, Int64(m), Int64(n), Int64(k), 0.5, a, Int64(lda), b, Int64(ldb), beta, &c,
        Int64(ldc))
      var worst = 0.0
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for l in 0..<k {
            sum +=
              Double(a[transposed.0 ? l * lda + i : i * lda + l]) * Double(b[transposed.1 ? j * ldb + l : l * ldb + j])
          }
          worst = max(worst, abs(0.5 * sum + Double(beta * before[i * ldc + j]) - Double(c[i * ldc + j])))
        }
      }
      #expect(worst < 1e-5)
      #expect((0..<m).allSatisfy { c[$0 * ldc + n] == before[$0 * ldc + n] }, "nothing is written behind a row")
    }
  }

  /// Lengths that code is made for and others, vectors, and columns of wider matrices.
  static let sizesOfBF16 = [
    (1, 1, 1), (3, 5, 0), (8, 1, 16), (33, 1, 7), (1, 40, 24), (64, 48, 16), (77, 64, 65), (133, 24, 150),
  ]

  @Test(arguments: sizesOfBF16, [(false, false), (false, true), (true, false), (true, true)])
  func `products of bf16 and their sum with what was there`(size: (Int, Int, Int), transposed: (Bool, Bool)) {
    func narrow(_ x: Float) -> UInt16 { UInt16(x.bitPattern >> 16) }
    func wide(_ x: UInt16) -> Float { Float(bitPattern: UInt32(x) << 16) }
    let (m, n, k) = size
    let (lda, ldb, ldc) = ((transposed.0 ? m : k) + 3, (transposed.1 ? k : n) + 1, n + 2)
    let a = numbers((transposed.0 ? k : m) * lda, "a").map(narrow)
    let b = numbers((transposed.1 ? n : k) * ldb, "b").map(narrow)
    let before = numbers(m * ldc, "c").map(narrow)
    for adds in [false, true] {
      var c = before
      var sums = before.map(wide)
      sk_gemm_bf16(
        transposed.0, transposed.1, Int64(m), Int64(n), Int64(k), a, Int64(lda), b, Int64(ldb), adds,
        Int32(SK_BF16.rawValue), &c, Int64(ldc))
      sk_gemm_bf16(
        transposed.0, transposed.1, Int64(m), Int64(n), Int64(k), a, Int64(lda), b, Int64(ldb), adds,
        Int32(SK_F32.rawValue), &sums, Int64(ldc))
      var (worst, worstSum) = (0.0, 0.0)
      for i in 0..<m {
        for j in 0..<n {
          let terms = (0..<k).map { l in
            Double(wide(a[transposed.0 ? l * lda + i : i * lda + l]))
              * Double(wide(b[transposed.1 ? j * ldb + l : l * ldb + j]))
          }
          let there = adds ? Double(wide(before[i * ldc + j])) : 0
          let sum = terms.reduce(there, +)
          let size = terms.reduce(1) { $0 + abs($1) }
          worst = max(worst, abs(sum - Double(wide(c[i * ldc + j]))) / size)
          worstSum = max(worstSum, abs(sum - Double(sums[i * ldc + j])) / size)
        }
      }
      #expect(worst < 0.008 && worstSum < 1e-6)
      #expect((0..<m).allSatisfy { c[$0 * ldc + n] == before[$0 * ldc + n] }, "nothing is written behind a row")
    }
  }

  @Test(arguments: sizes) func `a linear layer adds its bias and keeps the value before its activation`(
    size: (Int, Int, Int)
  ) {
    let (m, n, k) = size
    let x = numbers(m * k, "x")
    let w = numbers(n * k, "w")
    let bias = numbers(n, "bias")
    var before = [Float](repeating: .nan, count: m * n)
    var y = before
    sk_linear_forward(
      Int64(m), Int64(n), Int64(k), x, Int64(k), w, bias, Int32(SK_RELU.rawValue), &before, &y, Int64(n))
    var worst = 0.0
    for i in 0..<m {
      for j in 0..<n {
        let sum = (0..<k).reduce(Double(bias[j])) { $0 + Double(x[i * k + $1]) * Double(w[j * k + $1]) }
        worst = max(worst, abs(sum - Double(before[i * n + j])), abs(max(0, sum) - Double(y[i * n + j])))
      }
    }
    #expect(worst < 1e-5)
  }
}
