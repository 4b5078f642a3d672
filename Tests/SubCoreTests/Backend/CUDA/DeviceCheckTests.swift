import TestSupport
import Testing

@testable import SubCore

/// The check that `doctor --check` makes.
@Suite struct DeviceCheckTests {
  @Test(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
  func `every result of a CUDA device holds`() throws {
    let device = try #require(Device("cuda"))
    var (count, names): (Int, Set<String>) = (0, [])
    device.check { check in
      count += 1
      names.insert(check.name)
      #expect(check.holds, "\(check.name) \(check.precision): \(check.part): \(check.error), limit \(check.limit)")
    }
    #expect(
      count > 12_000 && names.isSuperset(of: ["fragments", "attentionBackward", "convolution", "adamW", "network"]))
  }

  @Test func `a wrong result, an unwritten one and a write beside it show`() {
    func wrong(_ run: @escaping (Trial) -> Void) -> [String] {
      CheckCase(name: "planted", part: "", precisions: [.fp32], run: run).checks(on: .cpu, .fp32)
        .filter { !$0.holds }.map(\.part)
    }
    #expect(wrong { t in t.backend.fill(t.output("y", [9], nil, .rounded), with: 1) }.isEmpty)
    #expect(wrong { t in t.backend.fill(t.output("y", [9], nil, .rounded), with: t.isExact ? 1 : 1.001) } == ["y"])
    #expect(
      wrong { t in
        let y = t.output("y", [9], nil, .rounded)
        t.backend.fill(t.isExact ? y : y.slice(from: 0, shape: [8]), with: 1)
      } == ["y"])
    #expect(
      wrong { t in
        let (x, y) = (t.input([9]), t.output("y", [9], nil, .rounded))
        t.backend.fill(y, with: 1)
        if !t.isExact { t.backend.fill(x, with: 2) }
      } == ["all else as it was"])
  }
}
