import TestSupport
import Testing

/// The twin of a device is worth what it notices: faults are planted, and every one must show.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct PlantedFaultTests {
  @Test func `a planted fault is noticed, and the same program without it runs`() throws {
    let twin = try #require(CudaTwin.shared)
    let faults = twin.faults
    #expect(faults.count >= 18)
    for (number, name) in faults.enumerated() {
      let right = try #require(twin.attempt(number, isFaulty: false), "\(name)")
      #expect(!right.isNoticed, "without \(name): \(right.message)")
      let wrong = try #require(twin.attempt(number, isFaulty: true), "\(name)")
      #expect(wrong.isNoticed, "\(name)")
    }
  }
}
