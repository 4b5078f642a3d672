import TestSupport
import Testing

@testable import SubCore

/// A bias where the library's products do not add it.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct BiasTests {
  @Test(arguments: [Precision.fp32, .bf16])
  func `a bias that no product adds is added behind it`(_ precision: Precision) throws {
    let twin = try #require(CudaTwin.shared)
    func computed(_ device: Device) -> [Double] {
      let leaves = Leaves(
        [([8, 20], wavy(8 * 20, 2)), ([8], wavy(8, 3))], dtype: .f32, precision: precision, on: device)
      return Tensor(wavy(12 * 20, 1), [12, 20], on: device).linear(leaves.tensors[0], leaves.tensors[1]).doubles()
    }
    /// Opened for this test alone: plans are kept.
    func device(_ name: String) -> Device {
      Device(DeviceKind(name: "cuda bias \(name) \(precision)", open: { CUDABackend(ordinal: $0) }))
    }
    let (plain, other) = (device("inside"), device("behind"))
    let expected = computed(plain)
    // Asked for with and without rounding; then without a bias, which there is.
    twin.denyAlgorithms(2)
    for _ in 0..<2 { expectClose(computed(other), expected, precision == .bf16 ? 1e-2 : 1e-6, "\(precision)") }
  }
}
