import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

/// The mean of several checkpoints.
struct AveragedTensorsTests {
  private let folder = TemporaryFolder()

  private func file(_ name: String, _ tensors: [(name: String, array: HostArray)]) throws -> any NamedTensors {
    try Safetensors.write(tensors, metadata: [("note", name)], to: folder[name])
    return try TensorFile.open(folder[name])
  }

  private func tensors(_ values: [Float], count: Int64 = 3) -> [(name: String, array: HostArray)] {
    let floats = HostArray(values, shape: [values.count])
    return [("a", floats), ("h", floats.floating(as: .f16)), ("n", HostArray([count], shape: [1]))]
  }

  @Test func `tensors are means by their factors, in their own type`() throws {
    let sources = [
      try file("x", tensors([1, 2, -3])), try file("y", tensors([2, 0, 5])), try file("z", tensors([6, 1, 1])),
    ]
    let mean = try AveragedTensors(sources)
    #expect(mean.names == ["a", "h", "n"] && mean.metadata.contains { $0.value == "x" })
    #expect(try mean.array(named: "a").floats() == [3, 1, 1])
    #expect(try mean.array(named: "h").dtype == .f16 && mean.array(named: "h").floats() == [3, 1, 1])
    #expect(try mean.array(named: "n").integers() == [3] && mean.remarks.count == 1)
    let line = try AveragedTensors(Array(sources.prefix(2)), by: [1.5, -0.5])
    #expect(try line.array(named: "a").floats() == [0.5, 3, -7])
    let counted = try AveragedTensors([sources[0], file("c", tensors([1, 1, 1], count: 4))])
    #expect(try counted.array(named: "n").integers() == [3] && counted.remarks.last?.contains("n, …") == true)
  }

  @Test func `checkpoints of different models are refused`() throws {
    let first = try file("x", tensors([1, 2]))
    let longer = #expect(throws: InputError.self) { try AveragedTensors([first, file("y", tensors([1, 2, 3]))]) }
    #expect(longer?.what == "a is f32 [3], in \(folder["x"]) f32 [2]" && longer?.place == folder["y"])
    let other = #expect(throws: InputError.self) {
      try AveragedTensors([first, file("z", [("b", HostArray([1] as [Float], shape: [1]))])])
    }
    #expect(other?.what.hasSuffix("a, h, n, b") == true, "\(String(describing: other))")
  }
}
