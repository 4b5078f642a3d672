import Foundation
import SubCore
import SubData
import SubTrain
import TestSupport
import Testing
import TextSub
import TraceCases

/// One MaskSub step against transformers in float64. The cases are made by scripts/reference/trace_fixtures.py.
@Suite struct TraceTests {
  static let fixtures = Bundle.module.resourcePath! + "/Fixtures/traces"

  @Test(arguments: ["labels1", "labels2-old", "labels3-bare"], [Device.cpu, .reference])
  func `a step gives transformers' logits, losses and gradients`(_ name: String, _ device: Device) throws {
    let reference = try TraceCase("\(Self.fixtures)/\(name)")
    let place = reference.path + "/config.json"
    let results = try TextTrace.run(
      BERTConfig(JSON.read(place), place: place), weights: reference.tensors("model.safetensors"),
      batch: reference.tensors("batch.safetensors"), method: MaskSub.self,
      ratio: try #require(Double(try reference.option("--ratio"))), on: device)
    #expect(try reference.differences(of: results) == [])
  }

  @Test(arguments: [Device.cpu, .reference]) func `a padding that is seen is read, and its row gets no gradient`(
    _ device: Device
  ) throws {
    let folder = TemporaryFolder()
    let reference = try TraceCase("\(Self.fixtures)/labels2-old")
    let place = reference.path + "/config.json"
    var config = try BERTConfig(JSON.read(place), place: place)
    // Two words of the first sentence are padding's.
    let batch = try reference.tensors("batch.safetensors")
    let arrays = try batch.names.map { name in
      let array = try batch.array(named: name)
      guard name == "input_ids" else { return (name: name, array: array) }
      var ids = array.integers().map { Int64($0) }
      (ids[1], ids[2]) = (0, 0)
      return (name: name, array: HostArray(ids, shape: array.shape))
    }
    try Safetensors.write(arrays, to: folder["batch.safetensors"])
    func trace() throws -> [(name: String, array: HostArray)] {
      try TextTrace.run(
        config, weights: reference.tensors("model.safetensors"), batch: TensorFile.open(folder["batch.safetensors"]),
        method: MaskSub.self, ratio: 0.15, on: device)
    }
    let kept = try trace()
    config.padID = nil
    let moved = try trace()
    let table = "word_embeddings.weight"
    func row(_ results: [(name: String, array: HostArray)]) throws -> ArraySlice<Float> {
      try #require(results.first { $0.name.hasPrefix("grad.") && $0.name.hasSuffix(table) }).array.floats()[..<12]
    }
    #expect(try row(kept).allSatisfy { $0 == 0 } && row(moved).contains { abs($0) > 1e-6 })
    for (one, other) in zip(kept, moved) {
      let skipped = one.name.hasSuffix(table) ? 12 : 0
      let differences = zip(one.array.floats(), other.array.floats()).dropFirst(skipped).map { abs($0 - $1) }
      #expect(differences.allSatisfy { $0 < 1e-5 }, "\(one.name)")
    }
  }

  @Test(arguments: [\BERTConfig.layers, \.width, \.intermediateWidth, \.vocabularySize, \.positions])
  func `a configuration far beyond its weights is refused before a model is made`(
    _ size: any WritableKeyPath<BERTConfig, Int> & Sendable
  ) throws {
    let reference = try TraceCase("\(Self.fixtures)/labels2-old")
    let place = reference.path + "/config.json"
    var config = try BERTConfig(JSON.read(place), place: place)
    config[keyPath: size] = 1 << 24
    let error = #expect(throws: InputError.self) {
      try TextTrace.run(
        config, weights: reference.tensors("model.safetensors"), batch: reference.tensors("batch.safetensors"),
        method: MaskSub.self, ratio: 0.5, on: .cpu)
    }
    #expect(error?.what.contains("million weights") == true)
  }
}
