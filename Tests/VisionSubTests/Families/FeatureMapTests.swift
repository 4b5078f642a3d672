import SubCore
import SubData
import SubNN
import Testing
import TraceCases

@testable import VisionSub

/// What networks hand out behind their blocks and stages, against timm's `forward_intermediates` in float64.
@Suite struct FeatureMapTests {
  private func compare(_ found: Tensor, _ name: String, of model: TraceCase) throws {
    let wanted = try model.tensors("intermediates.safetensors").array(named: name)
    let (values, numbers) = (found.doubles(), wanted.doubles())
    let error = zip(values, numbers).map { abs($0 - $1) }.max() ?? 0
    #expect(
      found.shape.dimensions == wanted.shape && error <= 1e-4 * (numbers.map(abs).max() ?? 0), "\(name): \(error)")
  }

  @Test(
    arguments: ["vit-token", "mae-avg", "beitv2-shared", "ft-clip", "swin-uneven", "resnet-basic"],
    [Device.cpu, .reference])
  func `feature maps are timm's`(_ name: String, on device: Device) throws {
    let trace = try TraceCase("\(TraceTests.fixtures)/\(name)")
    let (model, _, images) = try trace.network(on: device)
    let count = try trace.tensors("intermediates.safetensors").names.count { $0.hasPrefix("map.") }
    let stages = Array((0..<count).reversed())
    func maps(_ stages: [Int]) throws -> [Tensor] {
      try #require(Tape.withoutRecording { model.featureMaps(images, behind: stages, .evaluation) })
    }
    let all = try maps(stages)
    for (stage, map) in zip(stages, all) { try compare(map, "map.\(stage)", of: trace) }
    #expect(try count > 1 && maps([0])[0].doubles() == all[count - 1].doubles() && maps([]).isEmpty)
  }

  /// Where the mean of the patches is normed, timm has no norm of tokens, and leaves them as they are.
  @Test(arguments: ["vit-token", "mae-avg", "beitv2-shared", "ft-clip"])
  func `tokens behind blocks are timm's, normed and not`(_ name: String) throws {
    let trace = try TraceCase("\(TraceTests.fixtures)/\(name)")
    let (model, _, images) = try trace.network(on: .cpu)
    let transformer = try #require(model as? VisionTransformer)
    for normed in [false, true] {
      let tokens = Tape.withoutRecording { transformer.tokens(images, behind: [1, 0], normed: normed, .evaluation) }
      try compare(tokens[0], normed ? "normed.1" : "tokens.1", of: trace)
      try compare(tokens[1], normed ? "normed.0" : "tokens.0", of: trace)
    }
  }

  @Test func `tokens of a masked trip are those that it keeps, and nothing behind their block is reached`() throws {
    let (model, set, images) = try TraceCase("\(TraceTests.fixtures)/vit-token").network(on: .cpu)
    let transformer = try #require(model as? VisionTransformer)
    var pass = Pass.evaluation
    pass.masking = Masking(ratio: 0.5)
    let tokens = transformer.tokens(images, behind: [0], pass)
    // Four of nine patches and the class token.
    #expect(tokens.map(\.shape) == [[2, 5, 12]])
    let gradients = Gradients(set)
    tokens[0].sum().backward(into: gradients)
    let touched = set.parameters.filter { gradients.isTouched($0) }.map(\.name)
    #expect(touched.contains("blocks.0.mlp.fc2.weight") && touched.contains("cls_token"))
    #expect(!touched.contains { $0.hasPrefix("blocks.1.") || $0.hasPrefix("norm.") })
  }
}
