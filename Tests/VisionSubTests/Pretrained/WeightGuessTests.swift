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
      #"{"architecture": "vit_tiny_patch16_224", "model_args": {"num_heads": 2}}"#,
    ] {
      let path = try weights(metadata: [("config.json", json)])
      let found = try config(path)
      #expect(found.heads == 2)
      #expect(try !VisionFolder(path).guesses.contains(RecognisedModel.heads))
      if json.contains("hidden_act") { #expect(found.usesQuickGELU && found.epsilon == 1e-12) }
    }
    let path = try weights(metadata: [("config.json", #"{"global_pool": "avg"}"#)])
    #expect(try config(path).readout == .normedPool)
    let map = try weights(metadata: [("config.json", #"{"global_pool": "map"}"#)])
    #expect(error { _ = try config(map) }.contains("global_pool 'map'"))
    let swish = try weights(metadata: [("config.json", #"{"hidden_act": "swish"}"#)])
    #expect(error { _ = try config(swish) }.contains("hidden_act 'swish'"))
  }

  @Test func `a network that is not known is refused, unless the user says whose it is like`() throws {
    let path = try weights(metadata: [("config.json", #"{"architecture": "vit_base_patch16_rope_ape_224"}"#)])
    let message = error { _ = try config(path) }
    #expect(message.contains("'vit_base_patch16_rope_ape_224' is not known here"))
    #expect(message.contains("its rotary positions") && message.contains("--architecture"))
    let said = try VisionFolder(path, WeightHints(heads: 2, architecture: "vit_tiny_patch16_224"))
    #expect(said.variant == "vit_tiny_patch16_224" && said.guesses.isEmpty)
    #expect(error { _ = try config(path, WeightHints(architecture: "vit_tiny")) }.contains("no network 'vit_tiny'"))
    #expect(error { _ = try config(path, WeightHints(architecture: "resnet50")) }.contains("not those of a ResNet-50"))
  }

  @Test func `timm's arguments are understood or refused by name`() throws {
    func message(_ fixture: String, _ architecture: String, _ json: String) throws -> String {
      let text = #"{"architecture": "\#(architecture)", \#(json)}"#
      let path = try weights(fixture, metadata: [("config.json", text)])
      return error { _ = try VisionFolder(path) }
    }
    for (fixture, architecture) in [
      ("vit-token", "vit_tiny_patch16_224"), ("resnet", "resnet50"), ("swin", "swin_tiny_patch4_window7_224"),
    ] {
      func refusal(_ json: String) throws -> String { try message(fixture, architecture, json) }
      #expect(
        try refusal(#""model_args": {"drop_rate": 0.5}, "global_pool": "\#(fixture == "vit-token" ? "token" : "avg")""#)
          == "none")
      #expect(try refusal(#""model_args": {"unheard_of": 1}"#).contains("argument 'unheard_of' is not understood"))
      #expect(try refusal(#""model_args": {"act_layer": "silu"}"#).contains("'act_layer'") == (fixture == "swin"))
      #expect(
        try refusal(#""model_args": {"norm_layer": "rmsnorm"}"#).contains(#"norm_layer "rmsnorm" is not supported"#))
      for pool in ["max", "avgmax", ""] {
        #expect(try refusal(#""model_args": {"global_pool": "\#(pool)"}"#).contains("global_pool '\(pool)'"))
      }
    }
    for (fixture, architecture, argument) in [
      ("vit-token", "vit_tiny_patch16_224", #""act_layer": "relu""#), ("resnet", "resnet50", #""act_layer": "silu""#),
      ("resnet", "resnet50", #""output_stride": 16"#), ("resnet", "resnet50", #""aa_layer": "avg""#),
      ("swin", "swin_tiny_patch4_window7_224", #""always_partition": true"#),
    ] {
      let refusal = try message(fixture, architecture, #""model_args": {\#(argument)}"#)
      #expect(refusal.contains("is not supported"), "\(argument): \(refusal)")
    }
    let quick = #"{"architecture": "vit_tiny_patch16_224", "model_args": {"act_layer": "quick_gelu"}}"#
    #expect(try config(weights(metadata: [("config.json", quick)])).usesQuickGELU)
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

  /// A fixture under transformers' names, without its head.
  private func bare(
    _ name: String, _ config: String, _ change: (inout [(name: String, array: HostArray)]) -> Void = { _ in }
  ) throws -> String {
    var tensors = try WeightFiles.renamed(WeightFiles.fixture(name), "hf")
    tensors.removeAll { ["classifier.", "head."].contains(where: $0.name.contains) }
    tensors = tensors.map { ($0.name.replacing("fc_norm.", with: "post_layernorm."), $0.array) }
    change(&tensors)
    try Safetensors.write(tensors, metadata: [("config.json", config)], to: folder["bare.safetensors"])
    return folder["bare.safetensors"]
  }

  @Test(arguments: [
    ("vit-token", #"{"model_args": {"img_size": [64, 144]}}"#, "64 × 144"),
    ("resnet", #"{"pretrained_cfg": {"input_size": [3, 192, 256]}}"#, "192 × 256"),
    ("swin", #"{"model_args": {"img_size": [224, 112]}}"#, "224 × 112"),
    ("vit-token", #"{"image_size": [96, 64]}"#, "96 × 64"),
  ])
  func `images that are not square are refused`(fixture: String, json: String, sides: String) throws {
    let path = try weights(fixture, metadata: [("config.json", json)])
    #expect(error { _ = try VisionFolder(path) }.contains("images of \(sides) pixels"))
    let square = try weights(metadata: [("config.json", #"{"image_size": [48, 48]}"#)])
    #expect(error { _ = try VisionFolder(square) } == "none")
  }

  @Test func `the first position of transformers' models is the class token's`() throws {
    let path = try bare("vit-token", "{}") { tensors in
      guard let place = tensors.firstIndex(where: { $0.name.hasSuffix("position_embeddings") }) else { return }
      tensors[place].array = HostArray([Float](repeating: 0, count: 300), shape: [1, 25, 12])
    }
    #expect(error { _ = try VisionFolder(path) }.contains("25 positions are no square grid"))
  }

  @Test func `patches need not fill images of the stated size`() throws {
    let side = try config(weights()).imageSize
    for (stated, wanted) in [(side + 2, side + 2), (2 * side, side)] {
      let path = try weights(metadata: [("config.json", #"{"image_size": \#(stated)}"#)])
      #expect(try config(path).imageSize == wanted)
    }
    #expect(try config(weights("beitv2"), WeightHints(imageSize: 50)).imageSize == 50)
  }

  @Test func `what a model without a head hands on went through its own norm, but for MAE`() throws {
    for (name, kind, readout) in [
      ("vit-token", "vit", VisionTransformerConfig.Readout.token), ("vit-token", "dpt", .token),
      ("vit-token", "vit_mae", .pooled), ("ft-clip", "clip_vision_model", .token),
    ] {
      let path = try bare(name, #"{"model_type": "\#(kind)"}"#)
      let found = try config(path)
      #expect(found.readout == readout && found.summary.hasPrefix("MAE ") == (kind == "vit_mae"), "\(kind)")
      // Features need no classifier.
      let details = try VisionInference(VisionFolder(path), needsClassifier: false).details
      #expect(!details.contains { $0.contains("classifier") || $0.contains("head.") })
    }
    // Such a norm keeps its place under other names.
    let weights = try #require(ViTFamily().recognise(try TensorFile.open(bare("vit-token", "{}"))))
    let names = try #require(try ViTFamily().names("timm", of: weights))
    #expect(try RenamedWeights(weights, of: ViTFamily(), to: names).names.contains("norm.weight"))
    let timm = try self.weights { $0.removeAll { $0.name.hasPrefix("head.") } }
    let renamed = try WeightFiles.renamed(TensorFile.open(timm), "hf").map(\.name)
    #expect(renamed.contains("vit.layernorm.weight") && renamed.contains("vit.layernorm.bias"))
  }

  @Test func `transformers' relatives are refused for what they have`() throws {
    let data2vec = try bare("vit-token", #"{"model_type": "data2vec-vision"}"#) { tensors in
      tensors.removeAll { $0.name.hasSuffix("attention.key.bias") }
    }
    let message = error { _ = try config(data2vec) }
    #expect(message.contains("(model_type data2vec-vision) whose keys have no bias"), "\(message)")
    let clip = try bare("ft-clip", #"{"model_type": "clip"}"#) { tensors in
      tensors.append(("classifier.weight", HostArray([Float](repeating: 0, count: 24), shape: [2, 12])))
    }
    #expect(error { _ = try VisionInference(VisionFolder(clip)) }.contains("CLIPForImageClassification"))
  }

  @Test func `a final norm that the head does not read is named`() throws {
    let path = try weights("mae-avg") { tensors in
      for name in ["norm.weight", "norm.bias"] {
        tensors.append((name, HostArray([Float](repeating: 1, count: 12), shape: [12])))
      }
    }
    let remark = "not used: norm.weight, norm.bias (--readout)"
    #expect(try VisionInference(VisionFolder(path)).details.contains(remark))
    #expect(try !VisionInference(VisionFolder(weights("mae-avg"))).details.contains { $0.hasPrefix("not used") })
  }

  @Test func `a network that is named has its own epsilon, whatever its tensors are called`() throws {
    let tensors = try WeightFiles.renamed(WeightFiles.fixture("vit-token"), "hf")
    for (json, epsilon) in [
      (#"{"architecture": "vit_tiny_patch16_224"}"#, 1e-6), ("{}", 1e-12), (#"{"layer_norm_eps": 1e-3}"#, 1e-3),
    ] {
      try Safetensors.write(tensors, metadata: [("config.json", json)], to: folder["named.safetensors"])
      #expect(try config(folder["named.safetensors"]).epsilon == epsilon, "\(json)")
    }
  }

  private func known(_ name: String) -> VisionTransformerConfig? {
    VisionFamilies.configuration(named: name) as? VisionTransformerConfig
  }

  @Test(arguments: [
    ("vit_base_patch16_384.augreg_in21k_ft_in1k", 12), ("deit_small_patch16_224.fb_in1k", 6),
    ("vit_large_patch14_clip_quickgelu_336.openai", 16), ("deit3_huge_patch14_160", 16),
    ("deit3_medium_patch16_224", 8), ("vit_xsmall_patch16_clip_224", 4), ("vit_betwixt_patch32_clip_224", 10),
    ("vit_giant_patch14_clip_224", 16), ("vit_gigantic_patch14_224", 16), ("vit_base_patch16_plus_clip_240", 14),
    ("vit_base_patch32_plus_256", 14), ("vit_small_patch16_36x1_224", 6), ("vit_large_patch14_dinov2", 16),
    ("beit_large_patch16_512", 16), ("beitv2_base_patch16_224", 12), ("eva_giant_patch14_clip_224", 16),
    ("eva_large_patch14_196", 16), ("flexivit_small", 6), ("test_vit", 2),
  ])
  func `timm's names of networks that are equal are known`(name: String, heads: Int) {
    #expect(known(name)?.heads == heads)
  }

  @Test(arguments: [
    "deit_base_distilled_patch16_224", "vit_base_patch16_siglip_384", "eva02_enormous_patch14_clip_224",
    "vit_small_patch16_rope_ape_224", "vit_base_patch14_reg4_dinov2", "vit_relpos_base_patch16_224",
    "vit_medium_patch16_gap_240", "vit_huge_patch14_xp_224", "vit_base_patch16_224_miil", "vit_base_patch16_rpn_224",
    "vit_pe_core_base_patch16_224", "vit_small_patch16_18x2_224", "vit_tiny_r_s16_p8_224", "vit_base_patch16_22",
    "resnetaa50", "resnetblur18", "resnet50d", "wide_resnet50_2", "swin_s3_tiny_224", "swin_s3_base_224", "", "_", ".",
  ])
  func `timm's names of relatives that compute something else are not`(name: String) {
    #expect(VisionFamilies.configuration(named: name) == nil)
  }

  @Test func `a name tells which GELU, where images differ in size too`() {
    #expect(known("vit_huge_patch14_clip_quickgelu_378")?.usesQuickGELU == true)
    #expect(known("vit_huge_patch14_clip_378")?.usesQuickGELU == false)
    #expect(known("vit_gigantic_patch14_clip_quickgelu_224")?.hasPreNorm == true)
  }

  @Test func `a width that is published with one number of heads is guessed to have it`() {
    for (width, heads) in [(192, 3), (1024, 16), (1280, 16), (1408, 16), (1664, 16), (1792, 16)] {
      #expect(VisionTransformerConfig.heads(ofWidth: width) == heads)
    }
    #expect(VisionTransformerConfig.heads(ofWidth: 12) == nil)
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
