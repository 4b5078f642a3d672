import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import VisionSub

/// What tensors do not tell: guessed and called so, or settled by an option or a file.
@Suite struct WeightGuessTests {
  private let folder = TemporaryFolder()

  private func weights(
    _ name: String = "vit-token", metadata: [(key: String, value: String)] = [],
    _ change: (inout [(name: String, array: HostArray)]) -> Void = { _ in }
  ) throws -> String {
    var arrays = try TensorFile.open("\(TraceTests.fixtures)/\(name)/model.safetensors").arrays()
    change(&arrays)
    try Safetensors.write(arrays, metadata: metadata, to: folder["weights.safetensors"])
    return folder["weights.safetensors"]
  }

  private func config(_ path: String, _ hints: WeightHints = WeightHints()) throws -> VisionTransformerConfig {
    try #require(try VisionFolder(path, hints).configuration as? VisionTransformerConfig)
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func `a number of heads is guessed aloud and settled by an option`() throws {
    let path = try weights()
    let guessed = try VisionFolder(path)
    let heads = try config(path).heads
    #expect(guessed.guesses == [RecognisedModel.heads, RecognisedModel.readout])
    #expect(guessed.summary.hasSuffix("\(heads) heads (guessed)"))
    let line = try #require(guessed.remarks().last)
    #expect(line.hasPrefix("guessed") && line.contains("\(heads) heads of") && line.contains("(--heads)"))
    #expect(guessed.remarks(isTraining: true, keepsHead: false).last?.contains("--readout") == false)
    #expect(guessed.remarks(isTraining: true).last?.contains("--readout") == true)

    let width = try config(path).width
    let settled = try VisionFolder(path, WeightHints(heads: width / 4, readout: "normedPool"))
    #expect(settled.guesses.isEmpty && settled.remarks().isEmpty && !settled.summary.contains("guessed"))
    #expect(try config(path, WeightHints(heads: width / 4)).heads == width / 4)
    #expect(error { _ = try config(path, WeightHints(heads: width - 1)) }.contains("do not divide a width"))
  }

  @Test func `files beside the weights tell, as do their metadata`() throws {
    for json in [
      #"{"num_attention_heads": 2, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-12}"#,
      #"{"architecture": "vit_unheard_of", "model_args": {"num_heads": 2}}"#,
    ] {
      let path = try weights(metadata: [("config.json", json)])
      let found = try config(path)
      #expect(found.heads == 2)
      #expect(try !VisionFolder(path).guesses.contains(RecognisedModel.heads))
      if json.contains("hidden_act") { #expect(found.usesQuickGELU && found.epsilon == 1e-12) }
    }
    let unknown = try VisionFolder(weights(metadata: [("config.json", #"{"architecture": "vit_unheard_of"}"#)]))
    #expect(unknown.remarks()[0].contains("vit_unheard_of, which is not known here"))
    let path = try weights(metadata: [("config.json", #"{"global_pool": "avg"}"#)])
    #expect(try config(path).readout == .normedPool)
    let map = try weights(metadata: [("config.json", #"{"global_pool": "map"}"#)])
    #expect(error { _ = try config(map) }.contains("global_pool 'map'"))
    let swish = try weights(metadata: [("config.json", #"{"hidden_act": "swish"}"#)])
    #expect(error { _ = try config(swish) }.contains("hidden_act 'swish'"))
  }

  @Test func `tables of relative positions tell the heads, and no option may say otherwise`() throws {
    let path = try weights("beitv2")
    let heads = try config(path).heads
    #expect(try !VisionFolder(path).guesses.contains(RecognisedModel.heads))
    #expect(error { _ = try config(path, WeightHints(heads: heads * 2)) }.contains("are those of \(heads) heads"))
  }

  @Test(arguments: [
    ("dist_token", "a distillation token"), ("reg_token", "register tokens"),
    ("blocks.0.attn.q_norm.weight", "norms of query and key"), ("blocks.0.mlp.fc1_g.weight", "gated MLPs"),
  ])
  func `relatives are refused by name`(tensor: String, what: String) throws {
    let path = try weights { $0.append((tensor, HostArray([0] as [Float], shape: [1]))) }
    #expect(error { _ = try config(path) }.contains("with \(what), which is not supported"))
  }

  @Test func `a vision transformer without a class token or without biases is refused by name`() throws {
    let bare = try weights { $0.removeAll { $0.name == "cls_token" } }
    #expect(error { _ = try config(bare) }.contains("without a class token"))
    let unbiased = try weights { $0.removeAll { $0.name.hasSuffix("qkv.bias") } }
    #expect(error { _ = try config(unbiased) }.contains("whose attention has no biases"))
  }

  @Test func `timm's names of other image sizes and DeiT's are known`() {
    func heads(_ name: String) -> Int? {
      (VisionFamilies.configuration(named: name) as? VisionTransformerConfig)?.heads
    }
    #expect(heads("vit_base_patch16_384.augreg_in21k_ft_in1k") == 12 && heads("deit_small_patch16_224.fb_in1k") == 6)
    #expect(heads("vit_large_patch14_clip_quickgelu_336.openai") == 16 && heads("deit3_huge_patch14_160") == 16)
    #expect(heads("deit_base_distilled_patch16_224") == nil && heads("vit_base_patch16_siglip_384") == nil)
  }

  @Test func `transformers' names of a ViT and of a MAE are read`() throws {
    for (name, prefix) in [("vit-token", "vit."), ("mae-avg", ""), ("vit-token", "deit.")] {
      let source = try TensorFile.open("\(TraceTests.fixtures)/\(name)/model.safetensors")
      let weights = try #require(ViTFamily().recognise(source))
      let names = try #require(try ViTFamily().names("hf", of: weights))
      var tensors = try RenamedWeights(weights, of: ViTFamily(), to: names).arrays()
      #expect(tensors.contains { $0.name == "vit.encoder.layer.0.attention.attention.query.weight" })
      tensors = tensors.map { ($0.name.hasPrefix("vit.") ? prefix + $0.name.dropFirst(4) : $0.name, $0.array) }
      tensors.append(("decoder.decoder_pos_embed", HostArray([0] as [Float], shape: [1])))
      try Safetensors.write(tensors, to: folder["hf.safetensors"])
      let found = try #require(ViTFamily().recognise(try TensorFile.open(folder["hf.safetensors"])))
      #expect(found.naming == .huggingFaceEncoder)
      for tensor in try ViTFamily().tensorNames(of: weights)
      where weights.contains(tensor) && tensor != "fc_norm.weight" {
        guard tensor != "fc_norm.bias" else { continue }
        #expect(try found.array(named: tensor).floats() == weights.array(named: tensor).floats(), "\(tensor)")
      }
      #expect(try config(folder["hf.safetensors"]).epsilon == 1e-12)
    }
  }
}
