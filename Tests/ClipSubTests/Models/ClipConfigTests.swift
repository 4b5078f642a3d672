import ClipSub
import SubCore
import SubData
import Testing

struct ClipConfigTests {
  @Test func `open_clip's own file of ViT-B-32`() throws {
    let text = """
      {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
       "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}}
      """
    #expect(try ClipConfig(JSON.parse(text, at: "test"), place: "test") == ClipConfig(named: "ViT-B-32"))
  }

  @Test(arguments: ClipConfig.names) func `A configuration written is the one read`(name: String) throws {
    let config = try #require(ClipConfig(named: name))
    #expect(try ClipConfig(config.json, place: "test") == config)
  }

  @Test func `every hidden width written is the one read`() throws {
    for width in [64, 96, 176, 192, 384, 768, 1280] {
      for hidden in [1, 33, width - 1, width + 1, 3 * width + 7, 4 * width, 960] + Array(1000..<1400) {
        var config = ClipConfig()
        (config.image.width, config.image.heads, config.image.mlpWidth) = (width, width / 16, hidden)
        (config.text.width, config.text.heads, config.text.mlpWidth) = (width, 8, hidden)
        let text = config.json.text()
        #expect(try ClipConfig(JSON.parse(text, at: "test"), place: "test") == config, "\(hidden) in \(width)")
      }
    }
  }

  @Test func `what open_clip takes by default may be said, and what only training does is read`() throws {
    let text = #"{"vision_cfg": {"patch_dropout": 0.5}, "text_cfg": {"pool_type": "argmax"}}"#
    let config = try ClipConfig(JSON.parse(text, at: "test"), place: "test")
    #expect(config.patchDropout == 0.5 && config.json["model_cfg"]?["vision_cfg"]?["patch_dropout"] == nil)
  }

  @Test(arguments: [
    (#"{"embed_dim": 512}"#, "missing"),
    (#"{"embed_dim": 0, "vision_cfg": {}, "text_cfg": {}}"#, "'embed_dim'"),
    (#"{"vision_cfg": {"width": 100, "head_width": 64}, "text_cfg": {}}"#, "head_width 64"),
    (
      #"{"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}, "text_cfg": {}}"#,
      "'vision_cfg.layers' is that of a ResNet"
    ),
    (#"{"vision_cfg": {"patch_dropout": 1}, "text_cfg": {}}"#, "'vision_cfg.patch_dropout' is not a number from 0"),
    (#"{"vision_cfg": {}, "text_cfg": {"pool_type": "eos"}}"#, "'text_cfg.pool_type' is not supported"),
    (#"{"vision_cfg": {"ls_init_value": 0.1}, "text_cfg": {}}"#, "'vision_cfg.ls_init_value' is not supported"),
    (#"{"vision_cfg": {}, "text_cfg": {"hf_model_name": "roberta-base"}}"#, "'text_cfg.hf_model_name'"),
    (#"{"vision_cfg": {"mlp_ratio": 1e30}, "text_cfg": {}}"#, "'vision_cfg.mlp_ratio'"),
    (#"{"vision_cfg": {"patch_size": 300}, "text_cfg": {}}"#, "exceeds image_size"),
    (#"{"vision_cfg": {}, "text_cfg": {}, "init_logit_bias": -10}"#, "'init_logit_bias' is not supported"),
    (#"{"vision_cfg": {}, "text_cfg": {}, "multimodal_cfg": {}}"#, "'multimodal_cfg' is not supported"),
    (#"[1]"#, "missing"),
  ])
  func `A field that cannot be followed is named`(text: String, part: String) {
    do {
      _ = try ClipConfig(JSON.parse(text, at: "test"), place: "test")
      Issue.record("\(text) was accepted")
    } catch let error as InputError {
      #expect(error.description.contains(part), "\(error)")
    } catch { Issue.record("\(error)") }
  }
}
