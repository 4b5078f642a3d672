import CSystem
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import SubCore

/// How long a device's work is waited for where other ranks are part of it.
@Suite struct WaitingTests {
  @Test func `ranks that never answer are not waited for without end`() async throws {
    // In a process of its own, which ends.
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      sys_mpi_set_patience(1)
      sys_begin_waiting("NCCL")
      sleep(20)
    }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    #expect(output.contains("no answer from the other ranks in 1 s (NCCL)"), "\(output)")
  }

  @Test(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
  func `a wait that is over is no reason to end`() async throws {
    await #expect(processExitsWith: .success) {
      sys_mpi_set_patience(1)
      CUDADriver.waitsForRanks.store(true, ordering: .relaxed)
      let x = Tensor([1, 2], [2], on: try #require(Device("cuda")))
      try #require(x.doubles() == [1, 2])
      sleep(3)
    }
  }
}
