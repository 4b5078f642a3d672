import Foundation
import SubCore
import SubData
import SubNN
import SubTrain
import Testing

@testable import VisionSub

/// Weight files put into models: recognised, resized, dropped, refused.
@Suite struct CheckpointTests {
  private func file(_ name: String) throws -> any NamedTensors {
    try TensorFile.open("\(TraceTests.fixtures)/\(name)/model.safetensors")
  }

  /// A fixture with tensors taken out, put in or renamed.
  private func changed(
    _ name: String, _ change: (inout [(name: String, array: HostArray)]) -> Void
  ) throws -> any NamedTensors {
    var arrays = try file(name).arrays()
    change(&arrays)
    let path = FileManager.default.temporaryDirectory.appending(path: "vision-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(arrays, to: path)
    return try TensorFile.open(path)
  }

  private func load(
    _ source: any NamedTensors, variant: String? = nil, _ change: (inout VisionTransformerConfig) -> Void = { _ in }
  ) throws -> (report: LoadReport, set: ParameterSet, checkpoint: VisionCheckpoint) {
    let checkpoint = try VisionCheckpoint(source, variant: variant)
    var config = checkpoint.config
    change(&config)
    let model = VisionTransformer(config)
    let set = ParameterSet(model.namedParameters(), on: .cpu, key: RandomKey(seed: 0))
    return (try checkpoint.load(into: set, of: model), set, checkpoint)
  }

  private func value(_ set: ParameterSet, _ name: String) throws -> [Float] {
    try #require(set.parameters.first { $0.name == name }).value.floats()
  }

  private func array(_ count: Int, _ shape: [Int]) -> HostArray {
    HostArray((0..<count).map { Float($0) }, shape: shape)
  }

  /// FT-CLIP: a head of N(0, 0.02²)·0.001 and QuickGELU, which no tensor of timm's or open_clip's naming tells.
  @Test func `what the weights of a CLIP do not say is as in the recipe`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "vision-\(UUID().uuidString).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Safetensors.write(VisionConversion(file("ft-clip"), to: .timm).tensors, to: path)
    let found = try VisionFolder(path)
    #expect(!found.config.usesQuickGELU)
    let recipe = try VisionRecipe.named("ft-clip-b")
    let config = try recipe.configuration(classes: 5, from: found.config(for: recipe))
    #expect(config.usesQuickGELU && config.headDeviation == 2e-5 && config.readout == .normedPool)
  }

  /// The configuration beside the weights has the last word on what no tensor tells.
  @Test func `a CLIP's folder says which GELU and how many heads`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "vision-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let weights = try VisionConversion(file("ft-clip"), to: .huggingFace).tensors
    try Safetensors.write(weights, to: folder + "/model.safetensors")
    let found = try VisionFolder(folder).config
    #expect(found.usesQuickGELU)
    func config(_ name: String, _ json: String) throws -> VisionTransformerConfig {
      try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      return try VisionFolder(folder).config
    }
    let heads = found.heads * 2
    let hugging = try config(
      "config.json", #"{"vision_config": {"hidden_act": "gelu", "num_attention_heads": \#(heads)}}"#)
    #expect(!hugging.usesQuickGELU && hugging.heads == heads)
    // A number of heads that cannot be is passed over.
    #expect(try config("config.json", #"{"vision_config": {"num_attention_heads": 7}}"#).heads == found.heads)
    let open = try config(
      "open_clip_config.json", #"{"model_cfg": {"quick_gelu": true, "vision_cfg": {"head_width": \#(found.width)}}}"#)
    #expect(open.usesQuickGELU && open.heads == 1)
  }

  @Test func `families are recognised without a name`() throws {
    let deit = try VisionCheckpoint(file("deit3-official")).config
    #expect(deit.position == .patches && deit.layerScale != nil && deit.dropPathShape == .constant)
    #expect(try VisionCheckpoint(file("deit3-official")).naming.scheme == .deit)
    let beit = try VisionCheckpoint(file("beitv2")).config
    #expect(beit.relativeBias == .perBlock && beit.heads == 3 && beit.masked == .replaced && beit.imageSize == 48)
    #expect(try VisionCheckpoint(file("beitv2-shared")).config.relativeBias == .shared)
    let clip = try VisionCheckpoint(file("ft-clip"))
    #expect(clip.config.hasPreNorm && clip.config.readout == .normedPool && clip.naming.scheme == .clip)
    #expect(try VisionCheckpoint(file("mae-avg")).config.readout == .pooled)
    #expect(try VisionCheckpoint(file("vit-token")).config.readout == .token)
    #expect(VisionRecipe.following(beit).name == "shapes-tiny")  // its images have 48 pixels
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
    let wanted = Bicubic.resize(old[12...].map(Double.init), from: 3, to: 4, width: 12)
    #expect(zip(new[12...], wanted).allSatisfy { abs(Double($0) - $1) < 1e-6 })
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
    let (report, set, checkpoint) = try load(source) {
      $0.relativeBias = .perBlock
      $0.classes = 4
    }
    let table = try source.array(named: "rel_pos_bias.relative_position_bias_table").floats()
    for block in 0..<2 { #expect(try value(set, "blocks.\(block).attn.relative_position_bias_table") == table) }
    #expect(report.made.sorted() == ["fc_norm.bias", "fc_norm.weight", "head.bias", "head.weight"])
    #expect(report.dropped.count == 4 && report.loaded.contains("mask_token"))
    #expect(checkpoint.config.readout == .pooled)
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
        "visual.ln_post.weight", "visual.proj", "transformer.resblocks.0.ln_1.weight", "logit_scale", "ln_final.bias",
      ] {
        arrays.append((name, array(12, [12])))
      }
    }
    let (report, _, checkpoint) = try load(source)
    #expect(checkpoint.naming == VisionNaming(.clip, prefix: "visual."))
    #expect(report.dropped.count == 5 && Set(report.made) == ["norm.weight", "norm.bias", "head.weight", "head.bias"])
    #expect(VisionRecipe.following(checkpoint.config).model.freezesPatches == false || checkpoint.config.imageSize > 64)
  }

  @Test func `Hugging Face's CLIP keeps query, key and value apart`() throws {
    let official = try file("ft-clip")
    let naming = VisionNaming(.huggingFace, prefix: "vision_model.")
    let (_, set, _) = try load(official)
    let source = try changed("ft-clip") { arrays in
      arrays = set.parameters.flatMap { parameter -> [(name: String, array: HostArray)] in
        let names = naming.fileNames(of: parameter.name)
        let (values, rows) = (parameter.value.floats(), parameter.shape[0] / names.count)
        let width = values.count / names.count
        return names.enumerated().map { part, name in
          var shape = names.count > 1 ? [rows] + parameter.shape.dimensions.dropFirst() : parameter.shape.dimensions
          if name.contains("position_embedding") { shape.removeFirst() }
          if name.hasSuffix("class_embedding") { shape = [12] }
          return (name, HostArray(Array(values[part * width..<(part + 1) * width]), shape: shape))
        }
      }
    }
    let (report, again, checkpoint) = try load(source)
    #expect(report.dropped.isEmpty && report.made.isEmpty)
    #expect(again.arena.floats() == set.arena.floats())
    let written = checkpoint.inFileNames(again.parameters.map { ($0.name, $0.value.host()) })
    #expect(Set(written.map(\.name)) == Set(source.names))
    for (name, array) in written { #expect(try array.floats() == source.array(named: name).floats(), "\(name)") }
  }

  @Test func `all that does not fit is said at once, and nothing is written`() throws {
    let source = try changed("vit-token") { arrays in
      arrays.removeAll { $0.name == "blocks.1.attn.proj.bias" }
      arrays.append(("blocks.0.extra", array(2, [2])))
      let index = arrays.firstIndex { $0.name == "norm.weight" }!
      arrays[index].array = array(7, [7])
    }
    let model = VisionTransformer(try VisionCheckpoint(source).config)
    let set = ParameterSet(model.namedParameters(), on: .cpu, key: RandomKey(seed: 0))
    let before = set.arena.floats()
    let error = #expect(throws: InputError.self) { try VisionCheckpoint(source).load(into: set, of: model) }
    for name in ["blocks.1.attn.proj.bias", "blocks.0.extra", "norm.weight [7]"] {
      #expect(error?.what.contains(name) == true, "\(error?.what ?? "")")
    }
    #expect(set.arena.floats() == before)
  }

  @Test func `files of something else are refused`() throws {
    let text = try changed("vit-token") { $0 = [("bert.embeddings.word_embeddings.weight", array(4, [2, 2]))] }
    #expect(throws: InputError.self) { try VisionCheckpoint(text) }
    #expect(throws: InputError.self) { try VisionCheckpoint(file("deit3-official"), variant: "vit_tiny_patch16_224") }
    #expect(throws: InputError.self) { try VisionCheckpoint(file("vit-token"), variant: "vit_gigantic") }
    let hollow = try changed("vit-token") { arrays in
      arrays.append(("blocks.2.norm1.weight", array(12, [12])))
    }
    #expect(throws: InputError.self) { try VisionCheckpoint(hollow) }
    let odd = try changed("vit-token") { arrays in
      let index = arrays.firstIndex { $0.name == "pos_embed" }!
      arrays[index].array = array(7 * 12, [1, 7, 12])
    }
    #expect(throws: InputError.self) { try VisionCheckpoint(odd) }
  }
}
