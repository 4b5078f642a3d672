import Foundation
import TestSupport
import Testing

@testable import SubCore

/// What is said where a device's memory runs out.
@Suite(.enabled(if: CudaTwin.path != nil, "libCudaTwin.so was not built"))
struct OutOfMemoryTests {
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
