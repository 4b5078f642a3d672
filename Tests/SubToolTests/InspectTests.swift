import SubCore
import SubData
import SubTool
import TestSupport
import Testing

@Suite struct InspectTests {
  @Test func `tensors, totals and statistics`() throws {
    let folder = TemporaryFolder()
    try Safetensors.write(
      [
        ("a.weight", HostArray([Float(-1), 0, 0.5, .nan], shape: [2, 2])), ("n", HostArray([Int64(7)], shape: [])),
        ("empty", HostArray([Float](), shape: [0, 3])),
      ], to: folder["x.safetensors"])
    let plain = ToolRun(arguments: ["inspect", folder["x.safetensors"]])
    #expect(plain.code == 0, "\(plain.error)")
    #expect(plain.output.contains("a.weight  f32   [2, 2]\n"))
    #expect(plain.output.contains("3 tensors, 5 elements (0.00 M), 0.0 MiB, f32, i64\narchitecture: not recognised\n"))
    let stats = ToolRun(arguments: ["inspect", "--stats", folder["x.safetensors"]]).output
    #expect(stats.contains("min -1  max 0.5  mean -0.16667  std 0.62361  zeros 1  NOT FINITE 1\n"))
    #expect(stats.contains("min 7  max 7  mean 7  std 0  zeros 0\n") && stats.contains("  empty\n"))
  }

  @Test func `a cut file is an error with the file's name`() throws {
    let folder = TemporaryFolder()
    try AtomicFile.write([200, 0, 0, 0, 0, 0, 0, 0, 0x7b], to: folder["cut.safetensors"])
    let run = ToolRun(arguments: ["inspect", folder["cut.safetensors"]])
    #expect(run.code == 1 && run.output == "" && run.error.contains(folder["cut.safetensors"]))
    #expect(ToolRun(arguments: ["inspect", folder["none"]]).code == 1)
    #expect(ToolRun(arguments: ["inspect"]).code == 2)
  }

  private static let block = ["norm1.weight", "attn.qkv.weight", "mlp.fc1.weight"]
  private static func vit(_ extra: [String: [Int]], depth: Int = 12, width: Int = 384, prefix: String = "") -> [String:
    [Int]]
  {
    var shapes = extra
    shapes["patch_embed.proj.weight"] = [width, 3, 16, 16]
    for index in 0..<depth { for name in block { shapes["blocks.\(index).\(name)"] = [width] } }
    return Dictionary(uniqueKeysWithValues: shapes.map { (prefix + $0.key, $0.value) })
  }

  @Test(arguments: [
    (
      vit(["cls_token": [1, 1, 384], "pos_embed": [1, 197, 384], "head.weight": [10, 384]]),
      "ViT-S/16, 12 blocks, width 384, 10 classes", "timm"
    ),
    (
      vit(["pos_embed": [1, 196, 384], "blocks.0.gamma_1": [384]]), "DeiT-III ViT-S/16, 12 blocks, width 384, no head",
      "official"
    ),
    (
      vit(["pos_embed": [1, 196, 384], "blocks.0.ls1.gamma": [384]], prefix: "module."),
      "DeiT-III ViT-S/16, 12 blocks, width 384, no head", "timm, under module."
    ),
    (
      vit(["decoder_embed.weight": [512, 768]], width: 768),
      "MAE ViT-B/16, 12 blocks, width 768, with its decoder, no head", "official and timm (the same)"
    ),
    (
      vit(["blocks.0.attn.q_bias": [768], "blocks.0.gamma_1": [768], "head.weight": [1000, 768]], width: 768),
      "BEiT v2 ViT-B/16, 12 blocks, width 768, 1000 classes", "official and timm (the same)"
    ),
    (
      [
        "visual.conv1.weight": [768, 3, 32, 32], "visual.class_embedding": [768],
        "visual.transformer.resblocks.0.attn.in_proj_weight": [2304, 768], "token_embedding.weight": [49408, 512],
        "transformer.resblocks.0.attn.in_proj_weight": [1536, 512], "input_resolution": [],
      ], "CLIP ViT-B/32, 1 blocks, width 768, text: 1 blocks, width 512, 49408 tokens", "OpenAI"
    ),
    (
      [
        "vision_model.embeddings.patch_embedding.weight": [768, 3, 32, 32],
        "text_model.embeddings.token_embedding.weight": [49408, 512],
      ], "CLIP ViT-B/32, 0 blocks, width 768, text: 0 blocks, width 512, 49408 tokens", "Hugging Face"
    ),
    (
      [
        "patch_embed.proj.weight": [96, 3, 4, 4], "layers.0.blocks.0.attn.relative_position_bias_table": [169, 3],
        "layers.0.downsample.reduction.weight": [192, 384], "head.weight": [1000, 768],
      ], "Swin, depths 0-0-0-0, width 96, 1000 classes", "official"
    ),
    (
      [
        "conv1.weight": [64, 3, 7, 7], "bn1.running_mean": [64], "layer1.0.conv1.weight": [64, 64, 1, 1],
        "layer1.0.conv3.weight": [256, 64, 1, 1], "layer2.0.conv1.weight": [1], "layer3.0.conv1.weight": [1],
        "layer4.0.conv1.weight": [1], "fc.weight": [1000, 2048],
      ], "ResNet-14, blocks 1-1-1-1, 1000 classes", "torchvision and timm (the same)"
    ),
    (
      [
        "bert.embeddings.word_embeddings.weight": [30522, 768], "bert.embeddings.LayerNorm.gamma": [768],
        "bert.encoder.layer.0.attention.self.query.weight": [768, 768], "classifier.weight": [2, 768],
      ], "BERT, 1 layers, width 768, 30522 tokens, 2 labels", "Hugging Face, old (gamma, beta)"
    ),
  ])
  func `architectures and namings`(_ shapes: [String: [Int]], _ architecture: String, _ naming: String) {
    let kind = CheckpointKind.recognised(in: shapes)
    #expect(kind?.architecture == architecture)
    #expect(kind?.naming == naming)
  }

  @Test func `names with shapes of the wrong rank are not taken for a model`() {
    #expect(CheckpointKind.recognised(in: ["patch_embed.proj.weight": [3], "blocks.0.norm1.weight": [3]]) == nil)
    #expect(CheckpointKind.recognised(in: [:]) == nil)
  }
}
