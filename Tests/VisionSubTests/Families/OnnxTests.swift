import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing

@testable import VisionSub

/// The graphs of the vision families: whole, and with the constants that their networks have.
@Suite struct OnnxTests {
  private let folder = TemporaryFolder()

  private static let vit = VisionTransformerConfig(
    imageSize: 24, patchSize: 8, width: 16, depth: 2, heads: 2, classes: 5)
  private static func changed(_ change: (inout VisionTransformerConfig) -> Void) -> VisionTransformerConfig {
    var config = vit
    change(&config)
    return config
  }
  static let networks: [(String, any VisionConfiguration)] = [
    ("vit", vit),
    ("pooled", changed { $0.readout = .pooled }),
    ("deit3", changed { ($0.position, $0.layerScale) = (.patches, 0.1) }),
    (
      "beitv2",
      changed {
        ($0.position, $0.relativeBias, $0.hasSeparateBiases, $0.masked) = (.none, .perBlock, true, .replaced)
        ($0.readout, $0.layerScale) = (.pooled, 0.1)
      }
    ),
    (
      "clip",
      changed { ($0.hasPreNorm, $0.hasPatchBias, $0.usesQuickGELU, $0.readout) = (true, false, true, .normedPool) }
    ),
    ("swin", SwinConfig(imageSize: 36, classes: 5, width: 8, depths: [2, 2], heads: [1, 2], window: 4)),
    ("resnet", ResNetConfig(imageSize: 64, classes: 5, depths: [1, 1, 2, 1], widths: [4, 8, 12, 16])),
  ]

  private func file(_ config: any VisionConfiguration) throws -> (file: OnnxFile, set: ParameterSet) {
    let set = ParameterSet(config.makeModel(), on: .cpu, key: RandomKey(seed: 1))
    var network = OnnxNetwork(set)
    let side = config.imageSize
    let images = network.graph.input("pixel_values", .f32, [.named("batch"), .fixed(3), .fixed(side), .fixed(side)])
    let logits = try #require(config.onnxLogits(images, in: &network))
    network.graph.output("logits", logits, [.named("batch"), .fixed(config.classes)])
    try network.graph.write(to: folder["model.onnx"], version: "0")
    return (try OnnxFile(folder["model.onnx"]), set)
  }

  @Test(arguments: networks.indices) func `every value is made once, before it is used`(_ index: Int) throws {
    let (file, _) = try file(Self.networks[index].1)
    #expect(file.faults == [], "\(Self.networks[index].0)")
    #expect(file.inputs.map(\.name) == ["pixel_values"] && file.outputs.map(\.axes) == [["batch", "5"]])
  }

  /// A weight that is left out of a graph would go unnoticed where random ones are small.
  @Test(arguments: networks.indices) func `every weight but the mask token stands in the graph`(_ index: Int) throws {
    let (file, set) = try file(Self.networks[index].1)
    let names = Set(file.constants.map(\.name))
    let absent = (set.parameters.map(\.name) + set.buffers.map(\.name)).filter { name in
      // Tables of relative positions and separate biases stand there as they are added.
      let joined = name.replacing("q_bias", with: "qkv.bias").replacing("v_bias", with: "qkv.bias")
      return !names.contains(name) && !names.contains(joined) && !names.contains("\(name)_scores")
    }
    #expect(absent.filter { $0 != "mask_token" } == [], "\(Self.networks[index].0)")
  }

  @Test func `a graph computes with the transposed weights of linear layers`() throws {
    let (file, set) = try file(Self.vit)
    let head = try #require(set.parameters.first { $0.name == "head.weight" })
    let constant = try #require(file.constants.first { $0.name == "head.weight" })
    #expect(constant.shape == [16, 5])
    let bytes = try #require(constant.bytes)
    let second = bytes[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    #expect(Float(bitPattern: second) == head.value.floats()[16])
  }
}
