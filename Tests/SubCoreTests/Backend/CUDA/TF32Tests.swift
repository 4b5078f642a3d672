import TestSupport
import Testing

@testable import SubCore

/// Products of f32 that is read as tf32.
struct TF32Tests {
  @Test(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
  func `products of f32 read ten bits where that was asked for`() {
    // Opened for this test alone: what is asked for holds for the whole device.
    let device = Device(DeviceKind(name: "cuda tf32", open: { CUDABackend(ordinal: $0) }))
    let (x, weight) = (wavy(12 * 20, 1), wavy(8 * 20, 2))
    func products(_ read: (Float) -> Float) -> [Double] {
      (0..<12 * 8).map { place in
        (0..<20).reduce(0) { sum, k in
          sum + Double(read(Float(x[place / 8 * 20 + k]))) * Double(read(Float(weight[place % 8 * 20 + k])))
        }
      }
    }
    /// The nearest of 10 bits, of two the one away from zero.
    func rounded(_ value: Float) -> Float { Float(bitPattern: (value.bitPattern + 0x1000) & ~0x1FFF) }
    func computed(_ precision: Precision) -> [Double] {
      let leaves = Leaves([([8, 20], weight)], dtype: .f32, precision: precision, on: device)
      return Tensor(x, [12, 20], on: device).linear(leaves.tensors[0]).doubles()
    }
    let (exact, lowered) = (products { $0 }, products(rounded))
    expectClose(computed(.fp32), exact, 1e-6, "fp32")
    expectClose(computed(.tf32), lowered, 1e-6, "tf32")
    #expect(zip(exact, lowered).contains { abs($0 - $1) > 1e-4 * abs($0) })
    // bf16 is multiplied as it is.
    let leaves = Leaves([([8, 20], weight)], dtype: .f32, precision: .bf16, on: device)
    let y = Tensor(x, [12, 20], on: device).linear(leaves.tensors[0]).doubles()
    expectClose(y, products { Float(brainBits: $0.brainBits) }, 5e-3, "bf16")
    device.roundsProducts(false)
    expectClose(computed(.fp32), exact, 1e-6, "fp32 again")
    // Where the library has no algorithm for it, f32 is multiplied as it is.
    CudaTwin.shared?.denyAlgorithms(1)
    expectClose(computed(.tf32), exact, 1e-6, "without an algorithm")
  }

  @Test func `other devices refuse it`() throws {
    try Precision.fp32.check(on: .cpu)
    try Precision.bf16.check(on: .cpu)
    let error = #expect(throws: InputError.self) { try Precision.tf32.check(on: .cpu) }
    #expect(error?.place == "--precision tf32" && error?.isUsage == true)
  }
}
