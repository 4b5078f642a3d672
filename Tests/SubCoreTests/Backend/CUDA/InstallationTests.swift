import Foundation
import TestSupport
import Testing

@testable import SubCore

/// What is found of CUDA on machines that lack something of it.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct InstallationTests {
  @Test func `folders go before majors, and a driver is given none that it does not run`() async throws {
    let (first, second) = (TemporaryFolder(), TemporaryFolder())
    let twin = try #require(CudaTwin.path)
    for place in [first["libx.so.12"], second["libx.so.12"], second["libx.so.13"]] {
      try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: twin)
    }
    func found(_ majors: [Int], _ folders: [TemporaryFolder]) -> String? {
      CUDALibrary("libx.so", majors: majors, in: folders.map { $0.path + "/" })?.file
    }
    #expect(found([13, 12], [first, second]) == first["libx.so.12"])
    #expect(found([13, 12], [second, first]) == second["libx.so.13"])
    #expect(found([12], [second, first]) == second["libx.so.12"])
    #expect(found([13], [first]) == nil)
    await #expect(processExitsWith: .success) {
      let twin = try #require(CudaTwin.shared)
      let library = try #require(CUDALibrary("libcuda.so", majors: [1]))
      for (version, majors) in [(12000, [12]), (12090, [12]), (13000, [13, 12]), (14010, [13, 12])] {
        twin.setDriver(version: version)
        try #require(try CUDADriver(library).majors == majors)
      }
    }
  }

  @Test func `what is missing is named for the driver that is there`() {
    func missing(_ driver: Int, newer: String? = nil) -> String {
      CUDAInstallation.missing("libcublasLt.so", wheel: "nvidia-cublas", driver: driver, newer: newer)
    }
    #expect(
      missing(13000)
        == "libcublasLt.so was not found: install CUDA 12 or 13, or the wheel nvidia-cublas, and name its folder "
        + "in MASKSUB_CUDA_LIBRARIES")
    #expect(missing(12040).contains("not found: install CUDA 12, or the wheel nvidia-cublas-cu12, and"))
    #expect(
      missing(12040, newer: "/x/libcublasLt.so.13").hasPrefix(
        "libcublasLt.so was found for newer drivers than CUDA 12.4 alone (/x/libcublasLt.so.13): install CUDA 12, or"))
  }

  @Test func `environments of Python are looked through, conda's own libraries too`() throws {
    let (venv, conda) = (TemporaryFolder(), TemporaryFolder())
    for folder in [venv, conda] {
      try FileManager.default.createDirectory(atPath: folder["lib/python3.12"], withIntermediateDirectories: true)
    }
    let folders = CUDALibrary.folders {
      ["VIRTUAL_ENV": venv.path, "CONDA_PREFIX": conda.path, "MASKSUB_CUDA_LIBRARIES": "/one:/two/"][$0]
    }
    #expect(folders.starts(with: ["/one/", "/two/", ""]))
    #expect(folders.contains(venv["lib/python3.12/site-packages/nvidia/cublas/lib/"]))
    #expect(folders.contains(conda["lib/"]) && folders.contains(conda["lib/python3.12/site-packages/nvidia/cu13/lib/"]))
  }

  @Test func `a driver that does not serve says why`() async {
    // In processes of their own, which start one driver each.
    await #expect(processExitsWith: .success) {
      try #require(CudaTwin.shared).setDriver(version: 11020)
      let reason = "CUDA 11.2 (\(CudaTwin.path!)): 12 or 13 is needed"
      try #require(CUDAInstallation.obstacle == "driver \(reason)" && Device("cuda") == nil)
      try #require(CUDAInstallation.report.map(\.text) == [reason])
    }
    await #expect(processExitsWith: .success) {
      try #require(CudaTwin.shared).setDriver(status: 802)
      let reason = "\(CudaTwin.path!) answers: no start, as the test wants it (802)"
      try #require(CUDAInstallation.obstacle == "driver \(reason)" && Device("cuda") == nil)
      try #require(CUDAInstallation.report.map(\.text) == [reason])
    }
  }

  @Test func `a device that is too old is refused by its name`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      try #require(CudaTwin.shared).setArchitecture(75)
      let obstacle = try #require(CUDAInstallation.obstacle)
      try #require(obstacle == "device 0 is too old (CUDA twin, sm_75): sm_80 or later is needed")
      try #require(Device("cuda") == nil && CUDAInstallation.report[0].text.contains(obstacle))
      _ = CUDABackend(ordinal: 0).device
    }
    #expect(
      Self.errors(of: try #require(result)) == [
        "cuda: device 0 is too old (CUDA twin, sm_75): sm_80 or later is needed"
      ])
  }

  /// All kernels are compiled at once, and none of them is.
  @Test func `a device that the compiler does not know is named, in one line`() async throws {
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      try #require(CudaTwin.shared).setArchitecture(120)
      _ = Tensor([4], filledWith: 1, on: try #require(Device("cuda")))
    }
    let errors = Self.errors(of: try #require(result))
    #expect(errors.count == 1 && errors[0].hasPrefix("cuda: NVRTC 13.9999 does not know sm_120 (/"), "\(errors)")
  }

  private static func errors(of result: ExitTest.Result) -> [String] {
    String(decoding: result.standardErrorContent, as: UTF8.self).split(separator: "\n")
      .filter { $0.hasPrefix("masksub: error: ") }.map { String($0.dropFirst("masksub: error: ".count)) }
  }
}
