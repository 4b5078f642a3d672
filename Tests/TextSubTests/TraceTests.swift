import Foundation
import SubCore
import SubData
import SubTrain
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
