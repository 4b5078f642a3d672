import SubCore
import SubData
import SubNN
import TestSupport
import Testing

@testable import SubTrain
@testable import VisionSub

/// Weight files put into models: recognised, resized, dropped, refused.
@Suite struct CheckpointTests {
  private let folder = TemporaryFolder()

  private let files = WeightFiles()

  private func file(_ name: String) throws -> any NamedTensors { try WeightFiles.fixture(name) }

  /// A fixture with tensors taken out, put in or renamed.
  private func changed(
    _ name: String, _ change: (inout [(name: String, array: HostArray)]) -> Void
  ) throws -> any NamedTensors {
    var arrays = try file(name).arrays()
    change(&arrays)
    return try files.file(arrays)
  }

  private func recognised(
    _ source: any NamedTensors, variant: String? = nil
  ) throws -> (config: VisionTransformerConfig, weights: Weights) {
    let (model, weights) = try WeightFiles.recognised(source, variant: variant)
    return (try #require(model.configuration as? VisionTransformerConfig), weights)
  }

  private func load(
    _ source: any NamedTensors, _ change: (inout VisionTransformerConfig) -> Void = { _ in }
  ) throws -> (report: LoadReport, set: ParameterSet, config: VisionTransformerConfig) {
    let (report, set, found) = try WeightFiles.load(source) { config in
      guard var transformer = config as? VisionTransformerConfig else { return }
      change(&transformer)
      config = transformer
    }
    return (report, set, try #require(found as? VisionTransformerConfig))
  }

  /// A fixture under the names of a naming.
  private func renamed(_ name: String, _ key: String) throws -> [(name: String, array: HostArray)] {
    try WeightFiles.renamed(file(name), key)
  }

  private func value(_ set: ParameterSet, _ name: String) throws -> [Float] {
    try #require(set.parameters.first { $0.name == name }).value.floats()
  }

  private func array(_ count: Int, _ shape: [Int]) -> HostArray {
    HostArray((0..<count).map { Float($0) }, shape: shape)
  }

  /// FT-CLIP: a head of N(0, 0.02²)·0.001 and QuickGELU, which no tensor of timm's or open_clip's naming tells.
  @Test func `what the weights of a CLIP do not say is as in the recipe`() throws {
    let path = folder["clip.safetensors"]
    try Safetensors.write(renamed("ft-clip", "timm"), to: path)
    let found = try VisionFolder(path)
    #expect((found.configuration as? VisionTransformerConfig)?.usesQuickGELU == false)
    let recipe = try VisionRecipe.named("ft-clip-b")
    let config = try #require(
      try recipe.configuration(classes: 5, from: found.configuration(for: recipe)) as? VisionTransformerConfig)
    #expect(config.usesQuickGELU && config.headDeviation == 2e-5 && config.readout == .normedPool)
  }

  /// The configuration beside the weights has the last word on what no tensor tells.
  @Test func `a CLIP's folder says which GELU and how many heads`() throws {
    try Safetensors.write(renamed("ft-clip", "hf"), to: folder["model.safetensors"])
    let found = try #require(try VisionFolder(folder.path).configuration as? VisionTransformerConfig)
    #expect(found.usesQuickGELU)
    func config(_ name: String, _ json: String) throws -> VisionTransformerConfig {
      try AtomicFile.write(json, to: folder[name])
      return try #require(try VisionFolder(folder.path).configuration as? VisionTransformerConfig)
    }
    let heads = found.heads * 2
    let hugging = try config(
      "config.json", #"{"vision_config": {"hidden_act": "gelu", "num_attention_heads": \#(heads)}}"#)
    #expect(!hugging.usesQuickGELU && hugging.heads == heads)
    #expect(throws: InputError.self) { try config("config.json", #"{"vision_config": {"num_attention_heads": 7}}"#) }
    // Beside weights of Hugging Face's names its own configuration counts first.
    FileSystem.remove(folder["config.json"])
    let open = try config(
      "open_clip_config.json", #"{"model_cfg": {"quick_gelu": true, "vision_cfg": {"head_width": \#(found.width)}}}"#)
    #expect(open.usesQuickGELU && open.heads == 1)
  }

  @Test func `families are recognised without a name`() throws {
    let (deit, weights) = try recognised(file("deit3-official"))
    #expect(deit.position == .patches && deit.layerScale != nil && deit.dropPathShape == .constant)
    #expect(weights.naming == .officialViT)
    let beit = try recognised(file("beitv2")).config
    #expect(beit.relativeBias == .perBlock && beit.heads == 3 && beit.masked == .replaced && beit.imageSize == 48)
    #expect(try recognised(file("beitv2-shared")).config.relativeBias == .shared)
    let (clip, clipWeights) = try recognised(file("ft-clip"))
    #expect(clip.hasPreNorm && clip.readout == .normedPool && clipWeights.naming == .openClipViT)
    #expect(try recognised(file("mae-avg")).config.readout == .pooled)
    #expect(try recognised(file("vit-token")).config.readout == .token)
    #expect(try VisionRecipe.following(beit).name == "shapes-tiny")  // its images have 48 pixels
  }

  @Test func `a head of other classes starts anew`() throws {
    let (report, _, _) = try load(file("vit-token")) { $0.classes = 9 }
    #expect(report.made == ["head.weight", "head.bias"])
    #expect(Set(report.dropped) == ["head.weight", "head.bias"])
    #expect(report.loaded.count == 4 + 2 * 12 + 2)
  }

  @Test func `positions are fitted to the model's grid, the class token's row stays`() throws {
    let (report, set, _) = try load(file("vit-token")) { $0.imageSize = 64 }
    #expect(report.resized.count == 1 && report.resized[0].hasPrefix("pos_embed"))
    let old = try file("vit-token").array(named: "pos_embed").floats()
    let new = try value(set, "pos_embed")
    #expect(new.count == 17 * 12 && Array(new[..<12]) == Array(old[..<12]))
    let fitted = Fitting.grid(prefix: 1).fitted(HostArray(old, shape: [10, 12]), from: [10, 12], to: [17, 12])
    let wanted = try #require(fitted).doubles()
    #expect(zip(new, wanted).allSatisfy { abs(Double($0) - $1) < 1e-6 })
  }

  @Test func `a pretrained BEiT's shared table goes to every block`() throws {
    let source = try changed("beitv2-shared") { arrays in
      arrays.removeAll { $0.name.hasPrefix("head.") || $0.name.hasPrefix("fc_norm.") }
      arrays.append(("norm.weight", array(12, [12])))
      arrays.append(("lm_head.weight", array(24, [2, 12])))
      arrays.append(("cls_pt_layers.0.norm1.weight", array(12, [12])))
      arrays.append(
        ("rel_pos_bias.relative_position_index", HostArray([Int64](repeating: 0, count: 25), shape: [5, 5])))
    }
    let (report, set, found) = try load(source) {
      $0.relativeBias = .perBlock
      $0.classes = 4
    }
    let table = try source.array(named: "rel_pos_bias.relative_position_bias_table").floats()
    for block in 0..<2 { #expect(try value(set, "blocks.\(block).attn.relative_position_bias_table") == table) }
    #expect(report.made.sorted() == ["fc_norm.bias", "fc_norm.weight", "head.bias", "head.weight"])
    #expect(report.dropped.count == 4 && report.loaded.contains("mask_token"))
    #expect(found.readout == .pooled)
  }

  @Test func `MAE's decoder and norm are dropped for finetuning`() throws {
    let source = try changed("mae-avg") { arrays in
      arrays.removeAll { $0.name.hasPrefix("head.") || $0.name.hasPrefix("fc_norm.") }
      for name in ["norm.weight", "norm.bias", "mask_token", "decoder_norm.weight", "decoder_pos_embed"] {
        arrays.append((name, array(12, [12])))
      }
    }
    let (report, _, _) = try load(source)
    #expect(report.dropped.count == 5)
    #expect(Set(report.made) == ["head.weight", "head.bias", "fc_norm.weight", "fc_norm.bias"])
  }

  @Test func `OpenAI's CLIP gives its image tower`() throws {
    let source = try changed("ft-clip") { arrays in
      arrays = arrays.filter { !$0.name.hasPrefix("head.") && !$0.name.hasPrefix("fc_norm.") }
        .map { ("visual." + $0.name, $0.array) }
      for name in [
        "visual.ln_post.weight", "visual.ln_post.bias", "visual.proj", "transformer.resblocks.0.ln_1.weight",
        "logit_scale", "ln_final.bias",
      ] {
        arrays.append((name, array(12, [12])))
      }
    }
    #expect(try recognised(source).weights.prefix == "visual.")
    let (own, _, found) = try load(source)
    #expect(own.dropped.count == 4 && Set(own.made) == ["visual.head.weight", "visual.head.bias"])
    // FT-CLIP's norm is one of its own.
    let (report, _, _) = try load(source) { $0.readout = .normedPool }
    let made = ["fc_norm.weight", "fc_norm.bias", "head.weight", "head.bias"].map { "visual." + $0 }
    #expect(report.dropped.count == 6 && Set(report.made) == Set(made))
    #expect(try VisionRecipe.following(found).model.freezesPatches == false || found.imageSize > 64)
  }

  @Test func `Hugging Face's CLIP keeps query, key and value apart`() throws {
    let (_, set, _) = try load(file("ft-clip"))
    let source = try changed("ft-clip") { arrays in
      arrays = (try? renamed("ft-clip", "hf")) ?? []
    }
    #expect(source.contains("vision_model.encoder.layers.0.self_attn.q_proj.weight"))
    let (report, again, _) = try load(source)
    #expect(report.dropped.isEmpty && report.made.isEmpty)
    #expect(again.arena.floats() == set.arena.floats())
    let written = report.names.tensors(again.parameters.map { ($0.name, $0.value.host()) })
    #expect(Set(written.map(\.name)) == Set(source.names))
    for (name, array) in written { #expect(try array.floats() == source.array(named: name).floats(), "\(name)") }
  }

  /// A tower with a head behind CLIP's own norm, as timm finetunes it.
  private func tower(_ more: [String] = []) throws -> any NamedTensors {
    try changed("ft-clip") { arrays in
      arrays = arrays.map { ("visual." + $0.name.replacing("fc_norm.", with: "ln_post."), $0.array) }
      arrays += more.map { ($0, array(12, [12])) }
    }
  }

  @Test(arguments: [
    ("openclip", "visual.ln_post.weight"), ("official", "visual.ln_post.weight"),
    ("hf", "vision_model.post_layernorm.weight"), ("timm", "norm.weight"),
  ])
  func `CLIP's own norm keeps its name and stands on the class token`(key: String, name: String) throws {
    let source = try files.file(WeightFiles.renamed(tower(), key))
    #expect(source.contains(name))
    let model = try WeightFiles.recognised(source).model
    #expect(try recognised(source).config.readout == .token && model.guesses.contains(RecognisedModel.readout))
    #expect(try load(source).report.made.isEmpty)
    #expect(try WeightFiles.renamed(source, "openclip").contains { $0.name == "visual.ln_post.weight" })
    // Without a head it hands on its class token too.
    let bare = try source.arrays().filter { !$0.name.contains("head.") }
    #expect(try recognised(files.file(bare)).config.readout == .token)
  }

  @Test func `FT-CLIP's norm keeps its own name, and a norm of the mean has none in CLIP's`() throws {
    let source = try files.file(renamed("ft-clip", "hf"))
    #expect(source.contains("vision_model.fc_norm.weight"))
    #expect(try recognised(source).config.readout == .normedPool)
    let pooled = try files.file(
      renamed("ft-clip", "timm").map { ($0.name.hasPrefix("norm.") ? "fc_" + $0.name : $0.name, $0.array) })
    for key in ["openclip", "official", "hf"] {
      #expect(try ViTFamily().names(key, of: recognised(pooled).weights) == nil, "\(key)")
    }
  }

  @Test func `what no model has keeps its place before and behind the prefix`() throws {
    let names = try WeightFiles.renamed(tower(["visual.proj", "logit_scale"]), "openclip").map(\.name)
    #expect(names.contains("visual.proj") && names.contains("logit_scale"))
    var tensors = try WeightFiles.renamed(tower(), "hf")
    tensors.append(("visual_projection.weight", array(24, [2, 12])))
    let again = try WeightFiles.renamed(files.file(tensors), "hf").map(\.name)
    #expect(again.contains("visual_projection.weight") && Set(again) == Set(tensors.map(\.name)))
  }

  @Test func `all that does not fit is said at once, and nothing is written`() throws {
    let source = try changed("vit-token") { arrays in
      arrays.removeAll { $0.name == "blocks.1.attn.proj.bias" }
      arrays.append(("blocks.0.extra", array(2, [2])))
      let index = arrays.firstIndex { $0.name == "norm.weight" }!
      arrays[index].array = array(7, [7])
    }
    let (config, weights) = try recognised(source)
    let set = ParameterSet(config.makeModel(), on: .cpu, key: RandomKey(seed: 0))
    let before = set.arena.floats()
    let error = #expect(throws: InputError.self) {
      try set.load(weights, config.plan(for: weights, of: config), startingFrom: RandomKey(seed: 0), config.published)
    }
    for name in ["blocks.1.attn.proj.bias", "blocks.0.extra", "norm.weight [7]"] {
      #expect(error?.what.contains(name) == true, "\(error?.what ?? "")")
    }
    #expect(set.arena.floats() == before)
  }

  @Test func `files of something else are refused`() throws {
    let text = try changed("vit-token") { $0 = [("bert.embeddings.word_embeddings.weight", array(4, [2, 2]))] }
    let refused = #expect(throws: InputError.self) { try recognised(text) }
    #expect(refused?.cure.contains("--text COLUMN") == true)
    #expect(throws: InputError.self) {
      try recognised(file("deit3-official"), variant: "vit_tiny_patch16_224")
    }
    let hollow = try changed("vit-token") { arrays in
      arrays.append(("blocks.2.norm1.weight", array(12, [12])))
    }
    #expect(throws: InputError.self) { try recognised(hollow) }
    let odd = try changed("vit-token") { arrays in
      let index = arrays.firstIndex { $0.name == "pos_embed" }!
      arrays[index].array = array(7 * 12, [1, 7, 12])
    }
    #expect(throws: InputError.self) { try recognised(odd) }
  }
}
