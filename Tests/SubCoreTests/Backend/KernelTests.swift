import CSubKernels
import SubCore
import Testing

/// What the kernels promise beyond agreeing with the reference operations: their random bits, memory, and the borders of
/// the input range.
struct KernelTests {
  @Test func `random bits are those of RandomKey on both sides of 2^32`() {
    let key = RandomKey(seed: 5).fold("kernel")
    for position in [0, 1, 77, Int(UInt32.max) - 1, Int(UInt32.max), 1 << 32, 1 << 32 + 1, 123_456_789_012] {
      #expect(sk_random(key.bits, UInt64(position)) == key.bits32(at: position))
    }
    var uniform = [Float](repeating: -1, count: 101)
    sk_uniform(101, key.bits, &uniform)
    for (position, value) in uniform.enumerated() { #expect(value == key.uniform(at: position)) }
  }

  @Test func `GELU keeps its accuracy where 1 + erf cancels`() {
    // x·Φ(x) to nine digits (scipy.stats.norm.cdf in double).
    let golden: [(Float, Float)] = [
      (-5, -1.43325786e-6), (-3, -4.04969409e-3), (-1, -0.158655254), (-0.5, -0.154268770), (0, 0), (0.5, 0.345731230),
      (1, 0.841344746), (3, 2.99595031), (8, 8),
    ]
    for (x, expected) in golden {
      var input = x
      var output: Float = .nan
      sk_activation_forward(1, Int32(SK_GELU.rawValue), 0, &input, &output)
      #expect(abs(output - expected) <= 1e-7 * max(1, 3 * abs(x)))
    }
  }

  @Test func `a block that no machine has is refused and blocks are recycled`() throws {
    #expect(sk_allocate(1 << 60) == nil)
    let first = try #require(sk_allocate(5_000_000))
    #expect(UInt(bitPattern: first) % 64 == 0)
    sk_free(first)
    var inUse = 0
    var held = 0
    var before = 0
    var after = 0
    var allocations = 0
    sk_memory_usage(&inUse, &held, &before, &allocations)
    for _ in 0..<10 { sk_free(sk_allocate(5_000_000)) }
    sk_memory_usage(&inUse, &held, &after, &allocations)
    // Other tests may allocate meanwhile, but not ten blocks of this class.
    #expect(after - before < 10)
  }

  @Test func `a query that sees no key outputs zero and has no gradient`() {
    let offsets: [Int32] = [0, 2]
    let values = (0..<16).map { Float($0) * 0.1 - 0.7 }
    let mask: [UInt8] = [0, 0]
    var output = [Float](repeating: .nan, count: 16)
    var lse = [Float](repeating: .nan, count: 2)
    var gradients = [Float](repeating: .nan, count: 48)
    offsets.withUnsafeBufferPointer { offsets in
      values.withUnsafeBufferPointer { values in
        mask.withUnsafeBufferPointer { mask in
          let base = values.baseAddress!
          var call = sk_attention(
            type: 0, sequences: 1, heads: 1, head_dim: 8, q_offsets: offsets.baseAddress!,
            k_offsets: offsets.baseAddress!,
            max_q: 2, max_k: 2, q: base, k: base, v: base, ldq: 8, ldk: 8, ldv: 8, scale: 0.5, causal: false,
            key_mask: mask.baseAddress, bias: nil, dropout: 0, key: 0, first_row: 0, rows: nil, regions: nil,
            outside_k: nil, outside_v: nil)
          sk_attention_forward(&call, &output, 8, &lse)
          gradients.withUnsafeMutableBufferPointer { g in
            let dq = g.baseAddress!
            sk_attention_backward(&call, output, 8, lse, base, 8, dq, 8, dq + 16, 8, dq + 32, 8, nil, nil, nil)
          }
        }
      }
    }
    #expect(output == [Float](repeating: 0, count: 16))
    #expect(lse == [-.infinity, -.infinity])
    #expect(gradients == [Float](repeating: 0, count: 48))
  }

  @Test func `more shapes of convolutions than are kept still give their sums`() {
    let ones = [Float](repeating: 1, count: 260 * 3)
    let weight = [Float](repeating: 1, count: 9)
    for length in Array(3..<230) + [3, 4] {
      var shape = sk_convolution(n: 1, h: 3, w: Int64(length), c: 1, o: 1, kernel: 3, stride: 1, padding: 1, type: 0)
      var y = [Float](repeating: .nan, count: 3 * length)
      sk_convolution_forward(&shape, ones, weight, nil, &y)
      // Corners see four pixels, borders six, the middle nine.
      #expect(y[0] == 4 && y[1] == 6 && y[length] == 6 && y[length + 1] == 9 && y[3 * length - 1] == 4)
    }
  }
}
