import SubCore
import SubData
import SubNN
import Testing

@testable import SubTrain

/// Names with gaps, namings as data, and files seen through them.
@Suite struct NamingTests {
  private static let naming = Naming(
    "theirs", "their names", signatures: [["layers.0.q.weight"]],
    rules: [
      .init("blocks.*.qkv.*", "layers.*.{q,k,v}.*", "layers.*.{query,key,value}.*"),
      .init("proj", "projection.weight", layout: .transposed), .init("token", "class_token", layout: .leading(2)),
    ], known: ["*.index", "decoder.**"])

  private func matrix(_ values: [Float], _ rows: Int) -> HostArray {
    HostArray(values, shape: [rows, values.count / rows])
  }

  @Test func `patterns match whole names, part by part`() {
    let pattern = NamePattern("blocks.*.attn.{q,k}.*")
    #expect(
      pattern.match("blocks.3.attn.k.bias").map(pattern.names) == ["blocks.3.attn.q.bias", "blocks.3.attn.k.bias"])
    for name in ["blocks.3.attn.v.bias", "blocks..attn.k.bias", "blocks.3.x.attn.k.bias", "blocks.3.attn.k.bias.x"] {
      #expect(pattern.match(name) == nil, "\(name)")
    }
    #expect(NamePattern("decoder.**").match("decoder.") != nil && NamePattern("**").match("") != nil)
  }

  @Test func `a file is read and written back through its naming, behind a prefix`() throws {
    let parts = ["query", "key", "value"].enumerated().map { part, name in
      (name: "module.layers.0.\(name).weight", array: matrix([Float(part), 1, 2, 3], 2))
    }
    let file = HeldTensors(
      [("module.layers.0.q.weight", matrix([9, 9], 1))] + parts + [
        ("module.projection.weight", matrix([1, 2, 3, 4, 5, 6], 2)),
        ("module.class_token", HostArray([Float(7), 8], shape: [1, 1, 2])),
      ])
    let weights = try #require(Weights(file, among: [Self.naming]))
    #expect(weights.prefix == "module.")
    // The second of the names holds all of its parts, the first does not.
    #expect(try weights.shape(of: "blocks.0.qkv.weight") == [6, 2])
    #expect(try weights.array(named: "blocks.0.qkv.weight").floats() == [0, 1, 2, 3, 1, 1, 2, 3, 2, 1, 2, 3])
    #expect(try weights.array(named: "proj").floats() == [1, 4, 2, 5, 3, 6] && weights.shape(of: "proj") == [3, 2])
    #expect(try weights.shape(of: "token") == [2] && weights.shape(of: "absent") == nil)

    let names = try WeightNames(weights, loaded: ["blocks.0.qkv.weight", "proj", "token"])
    for ours in ["blocks.0.qkv.weight", "proj", "token"] {
      for (name, array) in names.tensors(ours, try weights.array(named: ours)) {
        #expect(try array.floats() == file.array(named: name).floats() && array.shape == file.array(named: name).shape)
      }
    }
    #expect(names.names(of: "blocks.1.qkv.bias") == ["q", "k", "v"].map { "module.layers.1.\($0).bias" })
    #expect(WeightNames(Self.naming).tensors("token", HostArray([Float(1)], shape: [1]))[0].array.shape == [1, 1, 1])
  }

  private final class Model: Module {
    let qkv = Parameter([6, 2], .normal(deviation: 1), key: "blocks.0.qkv.weight")
    let proj = Parameter([3, 2], .normal(deviation: 1))
    let head = Parameter([2, 2], .normal(deviation: 1))
  }

  @Test func `what a file does not give is started from the streams of published names, nothing else is`() throws {
    let key = RandomKey(seed: 5)
    let set = ParameterSet(Model().namedParameters(), on: .cpu, key: nil)
    set.start(from: key, Self.naming)
    func value(_ name: String) -> [Float] { set.parameters.first { $0.name == name }!.value.floats() }
    let alone = Parameter([2, 2], .normal(deviation: 1))
    _ = ParameterSet([("layers.0.k.weight", alone)], on: .cpu, key: key)
    #expect(Array(value("blocks.0.qkv.weight")[4..<8]) == alone.value.floats())

    let q = ["q", "k", "v"].map { (name: "layers.0.\($0).weight", array: matrix([1, 2, 3, 4], 2)) }
    let file = HeldTensors(
      q + [("projection.weight", matrix([1, 2, 3, 4, 5, 6], 2)), ("head", matrix([1, 2, 3], 3))])
    let weights = try #require(Weights(file, among: [Self.naming]))
    let begun = value("head")
    let report = try set.load(weights, LoadPlan(starts: ["head"]), startingFrom: key, Self.naming)
    #expect(report.made == ["head"] && report.dropped == ["head"] && value("head") == begun)
    #expect(value("proj") == [1, 4, 2, 5, 3, 6])
    let before = set.arena.floats()
    let error = #expect(throws: InputError.self) { try set.load(weights, startingFrom: key, Self.naming) }
    #expect(error?.what.contains("head [3, 1], the model's is [2, 2]") == true && set.arena.floats() == before)
  }
}
