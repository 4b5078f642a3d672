import Foundation
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing

@testable import VisionSub

/// Weight files, of the traces' fixtures or made: recognised, renamed, loaded.
struct WeightFiles {
  private let folder = TemporaryFolder()

  /// The weights of a trace.
  static func fixture(_ name: String) throws -> any NamedTensors {
    try TensorFile.open("\(TraceTests.fixtures)/\(name)/model.safetensors")
  }

  /// Tensors as a file.
  func file(_ tensors: [(name: String, array: HostArray)]) throws -> any NamedTensors {
    let path = folder["\(UUID().uuidString).safetensors"]
    try Safetensors.write(tensors, to: path)
    return try TensorFile.open(path)
  }

  /// What a file is, beside nothing else; `variant` names a configuration of published weights.
  static func recognised(
    _ source: any NamedTensors, variant: String? = nil
  ) throws -> (model: RecognisedModel, weights: Weights) {
    let (family, weights) = try VisionFamilies.recognise(source)
    let hint = try variant.map { try #require(VisionFamilies.configuration(named: $0)) }
    return (try family.recognised(weights, like: hint, beside: ModelNotes()), weights)
  }

  /// A file under the names of a naming.
  static func renamed(_ source: any NamedTensors, _ key: String) throws -> [(name: String, array: HostArray)] {
    let (family, weights) = try VisionFamilies.recognise(source)
    let names = try #require(try family.names(key, of: weights))
    return try RenamedWeights(weights, of: family, to: names).arrays()
  }

  /// A file's weights in the model that was found, changed by `change`.
  static func load(
    _ source: any NamedTensors, _ change: (inout any VisionConfiguration) -> Void = { _ in }
  ) throws -> (report: LoadReport, set: ParameterSet, found: any VisionConfiguration) {
    let (model, weights) = try recognised(source)
    var config = model.configuration
    change(&config)
    let set = ParameterSet(config.makeModel(), on: .cpu, key: nil)
    let report = try set.load(
      weights, config.plan(for: weights, of: model.configuration), startingFrom: RandomKey(seed: 0), config.published)
    return (report, set, model.configuration)
  }
}
