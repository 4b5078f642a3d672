import SubCore
import SubData
import TestSupport
import Testing

/// Protocol-buffer messages and ONNX graphs, read back by hand. scripts/reference/loaded_back.py runs whole networks with
/// onnxruntime.
@Suite struct OnnxGraphTests {
  private let folder = TemporaryFolder()

  @Test func `fields are written as the format has them`() throws {
    var inner = ProtoMessage()
    inner.append(1, 300)
    inner.append(2, -1)
    var message = ProtoMessage()
    message.append(3, "testing")
    message.append(4, inner)
    message.append(5, Float(1.5))
    message.append(6, bytesOf: HostArray([1, 2] as [Float], shape: [2]))
    message.append(7, 0.5)
    let head: [UInt8] = [0x1a, 7] + Array("testing".utf8) + [0x22, 14, 0x08, 0xac, 0x02]
    #expect(Array(message.bytes.prefix(head.count)) == head)
    #expect(message.count == message.bytes.count)
    let fields = try #require(ProtoFields(message.bytes))
    #expect(fields.fields.map(\.number) == [3, 4, 5, 6, 7])
    #expect(fields.messages(4)[0].integers(1) == [300] && fields.messages(4)[0].integers(2) == [-1])
    #expect(fields.fields[2].content == .bits32(Float(1.5).bitPattern))
    #expect(fields.bytes(6)[0] == [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
    #expect(fields.fields[4].content == .bits64((0.5).bitPattern))
  }

  /// Many small pieces and arrays between them come out in their order.
  @Test func `a long message is its pieces one behind the other`() throws {
    var message = ProtoMessage()
    for number in 0..<2000 {
      message.append(1, number)
      if number % 500 == 0 { message.append(2, bytesOf: HostArray([Int64(number)], shape: [1])) }
    }
    var outer = ProtoMessage()
    outer.append(9, message)
    #expect(outer.bytes.count == outer.count)
    let read = try #require(ProtoFields(outer.bytes)?.messages(9).first)
    #expect(read.integers(1) == Array(0..<2000) && read.bytes(2).count == 4)
  }

  private func graph() -> OnnxGraph {
    var graph = OnnxGraph()
    let x = graph.input("x", .f32, [.named("batch"), .fixed(4)])
    let weight = graph.constant("weight", HostArray((0..<20).map { Float($0) }, shape: [4, 5]))
    let again = graph.constant("weight", HostArray([0] as [Float], shape: [1]))
    #expect(weight == again)
    let product = graph("MatMul", x, weight)
    let sum = graph("ReduceSum", product, graph.integers([1]), attributes: [("keepdims", .integer(0))])
    graph.output("y", graph("Mul", sum, graph.number(0.5)), [.named("batch")])
    graph.metadata.append(("label_names", "[]"))
    return graph
  }

  @Test func `a graph has its inputs, constants, operations and outputs`() throws {
    #expect(try graph().write(to: folder["g.onnx"], version: "7") == [folder["g.onnx"]])
    let file = try OnnxFile(folder["g.onnx"])
    #expect(file.faults == [])
    #expect(file.inputs.map(\.name) == ["x"] && file.inputs[0].axes == ["batch", "4"])
    #expect(file.outputs.map(\.name) == ["y"] && file.outputs[0].axes == ["batch"])
    #expect(file.nodes.map(\.kind) == ["MatMul", "ReduceSum", "Mul", "Identity"])
    #expect(file.constants.map(\.shape) == [[4, 5], [1], []])
    #expect(file.constants[0].bytes?.count == 80)
    #expect(file.model.texts(2) == ["masksub"] && file.model.texts(3) == ["7"])
    #expect(file.model.messages(8)[0].integers(2) == [17])
    #expect(file.model.messages(14)[0].texts(1) == ["label_names"])
  }

  /// A file of this format holds 2 GiB at most.
  @Test func `constants that are too large lie in a file beside`() throws {
    let names = try graph().write(to: folder["g.onnx"], version: "7", largest: 100)
    #expect(names == [folder["g.onnx"], folder["g.onnx.data"]])
    let file = try OnnxFile(folder["g.onnx"])
    #expect(file.faults == [] && file.constants[0].bytes == nil && file.constants[1].bytes?.count == 8)
    let entries = file.graph.messages(5)[0].messages(13).map { ($0.texts(1)[0], $0.texts(2)[0]) }
    #expect(entries.map(\.0) == ["location", "offset", "length"] && entries.map(\.1) == ["g.onnx.data", "0", "80"])
    let data = try TemporaryFolder.bytes(folder["g.onnx.data"])
    #expect(data.count % 4096 == 0 && Array(data[4..<8]) == [0, 0, 0x80, 0x3f])
  }
}
