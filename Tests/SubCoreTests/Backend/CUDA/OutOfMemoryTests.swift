import Foundation
import TestSupport
import Testing

@testable import SubCore

/// What is said where a device's memory runs out.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct OutOfMemoryTests {
  /// What lies free in the pool goes back before the device is so full that code and libraries find nothing.
  @Test func `memory is left for code and libraries`() async {
    await #expect(processExitsWith: .success) {
      let pool = try #require(Device("cuda")?.cuda).pool!
      let first = pool.allocate(64 << 20)
      let held = pool.usage.held
      try #require(CudaTwin.shared).limitMemory(to: UInt64(held + 63 << 20))
      pool.release(first)
      // 60 MiB would fit beside the block that is free, and leave next to nothing.
      _ = pool.allocate(60 << 20)
      try #require(pool.usage.held == held - 4 << 20)
      // What fits is handed out all the same where nothing can go back.
      _ = pool.allocate(64 << 20)
      try #require(pool.usage.held == held + 60 << 20)
    }
  }

  @Test(arguments: [(1, 0), (0, 1)])
  func `code that a device has no memory for is loaded when what lies free has gone back`(loads: Int, functions: Int)
    throws
  {
    let twin = try #require(CudaTwin.shared)
    // Opened for this test alone: it has loaded nothing.
    let place = Device(DeviceKind(name: "cuda code \(loads)", open: { CUDABackend(ordinal: $0) }))
    let device = try #require(place.cuda)
    device.pool.release(device.pool.allocate(4 << 20))
    #expect(device.pool.freeBytes == 4 << 20)
    twin.denyCode(loads: loads, functions: functions)
    #expect(Tensor([3], filledWith: 2, on: place).doubles() == [2, 2, 2])
    #expect(device.pool.freeBytes < 4 << 20)
  }

  @Test func `a smaller batch is named`() async throws {
    // In a process of its own, which ends.
    let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
      let device = try #require(Device("cuda"))
      let first = Tensor([1 << 20], filledWith: 1, on: device)
      device.note(batchSize: 96)
      try #require(CudaTwin.shared).limitMemory(to: 160 << 20)
      // What lies free is given back first: the limit holds as often as it goes.
      for _ in 0..<3 { _ = Tensor([4 << 20], filledWith: 1, on: device) }
      let second = Tensor([1 << 26], filledWith: 1, on: device)
      print(first.count, second.count)
    }
    let output = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
    let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("masksub: error: cuda: out of memory") })
    #expect(line.contains("256 MiB could not be had") && line.contains("of 160 MiB are free"), "\(line)")
    #expect(line.contains("try --set batch_size=48, more parts of a batch"), "\(line)")
  }
}
