import Testing

@testable import SubCore

/// Every kernel through NVIDIA's own compiler, for the oldest and the newest architecture in use: nothing is spilled but by those
/// that are known to, and no kernel takes more registers than it is known to.
@Suite(.enabled(if: Nvrtc.shared != nil, "libnvrtc.so was not found: name its folder in MASKSUB_CUDA_LIBRARIES"))
struct CompilerTests {
  @Test(arguments: KernelUnit.allCases, ["sm_80", "sm_90"])
  func `kernels compile without spills and within their registers`(unit: KernelUnit, architecture: String) throws {
    let compiler = try #require(Nvrtc.shared)
    let options = ["--gpu-architecture=\(architecture)", "--std=c++17", "-default-device", "--ptxas-options=-v"]
    let (succeeded, log) = compiler.compile(unit.source, name: unit.rawValue, options: options)
    #expect(succeeded, "\(unit): \(log)")
    let kernels = KernelResources.all(in: log)
    #expect(!kernels.isEmpty, "\(unit): \(log)")
    let limits = RegisterLimits.of[unit.rawValue] ?? [:]
    for kernel in kernels {
      let place = "\(kernel.name) of \(unit.rawValue), \(architecture)"
      #expect(
        kernel.stack + kernel.spills <= RegisterLimits.putAside[kernel.name] ?? 0,
        "\(place): a stack of \(kernel.stack), \(kernel.spills) bytes spilled")
      let limit = limits[kernel.name] ?? RegisterLimits.usual
      #expect(kernel.registers <= limit, "\(place): \(kernel.registers) registers, at most \(limit)")
    }
    #expect(Set(limits.keys).isSubset(of: kernels.map(\.name)), "\(unit): a limit of no kernel")
  }
}
