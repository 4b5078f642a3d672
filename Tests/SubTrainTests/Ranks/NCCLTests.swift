import Foundation
import TestSupport
import Testing

@testable import SubCore

/// Ranks whose tensors go from device to device, on the twin of a device and its NCCL: the bits that they have through
/// the host.
struct NCCLTests {
  private static let device = NCCLLibrary.shared == nil ? nil : Device("cuda")

  /// A tensor of a rank's own numbers.
  private static func numbers(_ count: Int, _ rank: Int, on device: Device) -> Tensor {
    let key = RandomKey(seed: 5).fold(rank)
    return Tensor((0..<count).map { key.normal(at: $0) }, [count], on: device)
  }

  @Test(.enabled(if: device != nil), arguments: [2, 3, 4]) func `Sums, rows and their sums`(count: Int) throws {
    let results = try ThreadRanks.run(count) { ranks in
      guard let device = Self.device, let own = (device.backend as? CUDABackend)?.device else { return [[Float]]() }
      let nccl = try NCCL(ranks, own, NCCLLibrary.shared!)
      var found: [[Float]] = []
      for length in [1, 3, 64, 1001] {
        let (there, here) = (Self.numbers(length, ranks.rank, on: device), Self.numbers(length, ranks.rank, on: .cpu))
        found += [nccl.gather(there).floats(), ranks.gather(here).floats()]
        let all = (there: nccl.gather(there), here: ranks.gather(here))
        let weight = Double(ranks.rank + 1)
        found += [nccl.reduceScatter(all.there * weight).floats(), ranks.reduceScatter(all.here * weight).floats()]
        // In pieces, too, of which the last one is shorter than ranks are many.
        let pieces = there + 0
        nccl.sumOnDevice(pieces, atOnce: 500)
        nccl.sum(there)
        ranks.sum(here)
        found += [there.floats(), here.floats(), pieces.floats(), here.floats()]
      }
      // What is no device's goes as it did.
      let host = Self.numbers(7, ranks.rank, on: .cpu)
      nccl.sum(host)
      let same = Self.numbers(7, ranks.rank, on: .cpu)
      ranks.sum(same)
      return found + [host.floats(), same.floats()]
    }
    for result in results {
      #expect(result.count == 4 * 8 + 2)
      for pair in stride(from: 0, to: result.count, by: 2) { #expect(result[pair] == result[pair + 1]) }
    }
  }

  @Test(.enabled(if: device != nil)) func `Ranks of devices of their own join by NCCL, unless that is not wanted`()
    async
  {
    // In a process of its own, whose variables change.
    await #expect(processExitsWith: .success) {
      func joined() throws -> [Bool] {
        try ThreadRanks.run(2) { ranks in
          CudaTwin.shared?.setIdentity(ranks.rank + 1)
          guard let device = Device("cuda") else { return false }
          return try ranks.joining(device) is NCCL
        }
      }
      try #require(try joined() == [true, true])
      setenv("MASKSUB_NCCL", "0", 1)
      try #require(try joined() == [false, false])
    }
  }

  @Test(.enabled(if: device != nil)) func `Ranks of one device do not join by NCCL`() throws {
    let joined = try ThreadRanks.run(2) { ranks in
      guard let device = Self.device else { return false }
      return try ranks.joining(device) is NCCL || ranks.joining(.cpu) is NCCL
    }
    #expect(joined == [false, false])
  }
}
