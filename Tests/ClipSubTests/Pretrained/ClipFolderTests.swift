import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import VisionSub

@testable import ClipSub

/// A CLIP's files: what they tell, what options say, and what is guessed.
@Suite struct ClipFolderTests {
  private let folder = TemporaryFolder()

  /// A CLIP of widths 128 and 64 with heads of 32 and 16, written under a naming's names.
  private static let config: ClipConfig = {
    var config = ClipConfig()
    config.embedWidth = 16
    (config.image.size, config.image.patch, config.image.width) = (24, 12, 128)
    (config.image.layers, config.image.heads, config.image.mlpWidth) = (1, 4, 64)
    (config.text.contextLength, config.text.vocabularySize, config.text.width) = (32, 99, 64)
    (config.text.layers, config.text.heads, config.text.mlpWidth) = (1, 4, 64)
    return config
  }()

  private func weights(_ name: String = "clip.safetensors", _ naming: Naming = .openClip, openAI: Bool = false) throws
    -> String
  {
    let set = ParameterSet(CLIP(Self.config), on: .cpu, key: RandomKey(seed: 1))
    var tensors = WeightNames(naming).tensors(set.parameters.map { ($0.name, $0.value.host()) })
    if openAI { tensors.append(("input_resolution", HostArray([Int64(24)], shape: []))) }
    try Safetensors.write(tensors, to: folder[name])
    return folder[name]
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func `heads and activation are guessed aloud and settled by options`() throws {
    let path = try weights()
    let guessed = try ClipFolder(path)
    #expect((guessed.config.image.heads, guessed.config.text.heads) == (2, 1))
    let line = try #require(guessed.remarks.first)
    #expect(line.contains("2 heads of 64 in a width of 128 (--heads)") && line.contains("(--text-heads)"))
    #expect(line.contains("GELU (--activation"))
    let hints = WeightHints(heads: 4, textHeads: 4, activation: .quickGelu)
    let settled = try ClipFolder(path, hints)
    #expect((settled.config.image.heads, settled.config.text.heads) == (4, 4) && settled.remarks.isEmpty)
    #expect(settled.config.activation == .quickGelu)
    #expect(error { _ = try ClipFolder(path, WeightHints(heads: 3)) }.contains("3 heads do not divide"))
  }

  @Test func `an archive of OpenAI's has QuickGELU whatever the model's name says`() throws {
    let found = try ClipFolder(weights("ViT.pt", openAI: true))
    #expect(found.config.activation == .quickGelu && found.remarks.isEmpty)
    let other = error { _ = try ClipFolder(folder["ViT.pt"], model: "ViT-B-32") }
    #expect(other.contains("the weights are not those of a ViT-B-32: patches of 12 pixels, width 128"))
    let given = try ClipFolder(folder["ViT.pt"], config: Self.config)
    #expect(given.config == Self.config)
  }

  @Test func `what is written tells everything again`() throws {
    let found = try ClipFolder(weights(), WeightHints(heads: 4, textHeads: 4, activation: .quickGelu))
    let set = ParameterSet(CLIP(found.config), on: .cpu, key: RandomKey(seed: 1))
    let preparation = ImagePreparation.clip.overridden(
      by: ImagePreparation(mean: [0.1, 0.2, 0.3], mode: .squash, interpolation: .bilinear, rounding: .down))
    for naming in [Naming.openClip, .huggingFaceCLIP] {
      let path = folder["written-\(naming.key)"]
      try FileSystem.makeFolder(path)
      try ClipFolder.write(to: path, set, found.config, preparation, WeightNames(naming), merges: nil)
      let again = try ClipFolder(path)
      #expect(again.config == found.config && again.remarks.isEmpty, "\(naming.key)")
      #expect(again.preparation.mean == [0.1, 0.2, 0.3] && again.preparation.mode == .squash)
      #expect(again.preparation.deviation == Normalization.clip.deviation)
      #expect(again.preparation.pipeline(size: 24).interpolation == .bilinear && again.preparation.rounding == .down)
    }
  }

  @Test func `a processor config of transformers 5 prepares the images`() throws {
    try FileSystem.makeFolder(folder["v5"])
    _ = try weights("v5/open_clip_model.safetensors")
    try AtomicFile.write(
      #"{"image_processor": {"image_processor_type": "CLIPImageProcessor", "resample": 2, "size": 27, "crop_size": 24}}"#,
      to: folder["v5/processor_config.json"])
    let found = try ClipFolder(folder["v5"], WeightHints(heads: 4, textHeads: 4, activation: .quickGelu))
    let pipeline = found.preparation.pipeline(size: 24)
    #expect(pipeline.framing == .center(resize: 27, rounding: .down) && pipeline.interpolation == .bilinear)
  }

  @Test func `what transformers' configuration says and cannot be done is refused by name`() throws {
    try FileSystem.makeFolder(folder["hf"])
    _ = try weights("hf/model.safetensors", .huggingFaceCLIP)
    func message(_ json: String) throws -> String {
      try AtomicFile.write(json, to: folder["hf/config.json"])
      return error { _ = try ClipFolder(folder["hf"]) }
    }
    #expect(
      try message(
        #"{"vision_config": {"num_attention_heads": 4}, "text_config": {"num_attention_heads": 4, "eos_token_id": 98}}"#
      )
        == "none")
    #expect(try ClipFolder(folder["hf"]).config.image.heads == 4)
    for (json, what) in [
      (
        #"{"vision_config": {"num_attention_heads": 3}, "text_config": {"eos_token_id": 2}}"#, "3 heads do not divide"
      ),
      // What is left out has its default: quick_gelu, 12 heads, the end of CLIP's own vocabulary.
      (#"{"vision_config": {"hidden_act": "gelu"}}"#, "hidden_act differs between vision_config, gelu, and"),
      (#"{"text_config": {"hidden_act": "gelu"}}"#, "hidden_act differs"),
      (#"{"text_config": {"eos_token_id": 98}}"#, "12 heads do not divide a width of 128"),
      (#"{"text_config": {}}"#, "'text_config.eos_token_id' left out is 49407, which is not the last of 99"),
      (#"{"text_config": {"eos_token_id": 98}, "text_config_dict": {}}"#, "_dict.eos_token_id' left out"),
      (#"{"model_type": "metaclip_2"}"#, "the model is a 'metaclip_2' (model_type), not a 'clip'"),
      (
        #"{"vision_config": {"hidden_act": "gelu"}, "text_config": {"hidden_act": "quick_gelu"}}"#, "hidden_act differs"
      ),
      (#"{"vision_config": {"layer_norm_eps": 1e-6}}"#, "vision_config.layer_norm_eps"),
      (#"{"text_config": {"eos_token_id": 7, "vocab_size": 99}}"#, "eos_token_id' 7 is not the last of 99"),
    ] { #expect(try message(json).contains(what), "\(json)") }
    #expect(
      try message(
        #"{"model_type": "clip", "vision_config": {"num_attention_heads": 8}, "text_config": {"eos_token_id": 98}}"#)
        == "none")
    let found = try ClipFolder(folder["hf"])
    #expect(found.config.text.heads == 8 && found.config.activation == .quickGelu && found.remarks.isEmpty)
  }

  @Test func `a batch of one pair is refused`() {
    let error = #expect(throws: InputError.self) { try ClipRecipe().with([("batch_size", "1")]) }
    #expect(error?.description.contains("2 or more") == true)
  }
}
