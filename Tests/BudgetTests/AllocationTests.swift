import Foundation
import SubCore
import SubData
import Testing

/// The memory of steady training steps, through the loop: nothing is asked of the system, and the pool hands out exactly
/// as many blocks as `allocations.json` says.
struct AllocationTests {
  @Test func `steady steps allocate what the budget says`() async throws {
    // In a process of its own: the counters are those of the whole process.
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      Processor.threads = 1
      for (name, steps) in try TinyRuns.all() {
        print("steps", name, steps.map { "\($0.allocations)+\($0.systemCalls)" }.joined(separator: " "))
      }
    }
    let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
    let place = try #require(Bundle.module.path(forResource: "allocations", ofType: "json"))
    let budget = try JSON.read(place)
    let lines = output.split(separator: "\n").filter { $0.hasPrefix("steps ") }
    #expect(lines.count == 3)
    for line in lines {
      let words = line.split(separator: " ").map { String($0) }
      let (name, steps) = (words[1], words.dropFirst(2))
      let first = try #require(steps.first)
      #expect(steps.allSatisfy { $0 == first }, "\(name): steps differ: \(steps)")
      #expect(steps.allSatisfy { $0.hasSuffix("+0") }, "\(name): the system was asked for memory: \(steps)")
      let count = Int(first.prefix { $0 != "+" }) ?? 0
      #expect(
        count == budget[name]?.int,
        """
        \(name): \(count) blocks a step, the budget says \(budget[name]?.int ?? 0). If the change is meant, write the \
        new number to Tests/BudgetTests/allocations.json
        """)
    }
  }
}
