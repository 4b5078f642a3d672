import Foundation
import SubCore
import Testing

@Suite struct MemoryTraceTests {
  /// What a step does: tensors that stay for a while, others that come and go, and some that are not of the samples.
  fileprivate static func work(_ samples: Int) {
    var kept: [Tensor] = []
    for width in [1 << 15, 1 << 16, 1 << 17] {
      let x = Tensor([samples, width], filledWith: 0, on: .cpu)
      kept.append(x + 1)
    }
    let table = Tensor([1 << 18], filledWith: 0, on: .cpu)
    kept.removeFirst()
    kept.append(Tensor([samples, 3 << 15], filledWith: 0, on: .cpu))
    withExtendedLifetime((kept, table)) {}
  }

  @Test func `a line through two sizes is the trace of a third`() throws {
    let traces = [2, 3, 40].map { samples in MemoryTrace.recording { Self.work(samples) } }
    let line = try #require(MemoryTrace.line(through: (2, traces[0]), (3, traces[1]), at: 40))
    #expect(line.size() == traces[2].size())
    // Two sizes that stay and two that come and go are the least of it.
    #expect(line.size().touched > 40 * 4 * (3 << 16) && line.size().held >= line.size().touched / 2)
    let both = MemoryTrace.recording {
      Self.work(40)
      Self.work(3)
    }
    #expect(traces[2].followed(by: traces[1]).size() == both.size())
    let other = MemoryTrace.recording { _ = Tensor([4], filledWith: 0, on: .cpu) }
    #expect(MemoryTrace.line(through: (2, traces[0]), (3, other), at: 40) == nil)
  }

  @Test func `the pool comes to hold what it holds on paper`() async throws {
    // In a process of its own: the pool is that of the whole process.
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      let traces = [2, 3].map { samples in MemoryTrace.recording { MemoryTraceTests.work(samples) } }
      Processor.trimMemory()
      let before = Processor.memory.held
      for _ in 0..<3 { MemoryTraceTests.work(24) }
      let line = MemoryTrace.line(through: (2, traces[0]), (3, traces[1]), at: 24)
      print("held", Processor.memory.held - before, line?.size().held ?? 0)
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let words = try #require(output.split(separator: "\n").first { $0.hasPrefix("held ") }).split(separator: " ")
    #expect(words[1] == words[2] && words[1].count > 6, "\(output)")
  }

  @Test func `operations are two for every product of a linear layer, and as many for each gradient`() {
    let set = ParameterSet([("w", Parameter([5, 7], .constant(1)))], on: .cpu, key: RandomKey(seed: 0))
    let x = Tensor([3, 7], filledWith: 1, on: .cpu)
    let gradients = Gradients(set)
    let count = Operations.counting {
      x.linear(set.parameters[0].tensor).sum().backward(into: gradients)
    }
    // No gradient of the input is wanted.
    #expect(count == 2 * (2 * 3 * 5 * 7))
  }

  @Test(arguments: [Device.cpu, .reference]) func `rows of a batch are dropped as in the whole`(_ device: Device) {
    let x = Tensor([6, 5], filledWith: 1, on: device)
    var dropout = Dropout(0.5, RandomKey(seed: 3))!
    let whole = x.dropped(dropout).doubles()
    dropout.firstRow = 4
    #expect(Tensor([2, 5], filledWith: 1, on: device).dropped(dropout).doubles() == Array(whole[20...]))
    #expect(Set(whole) == [0, 2])
  }
}
