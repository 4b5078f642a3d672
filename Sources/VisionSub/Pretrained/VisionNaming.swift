/// How a weight file names the tensors of a vision transformer. The models' own names are timm's.
public struct VisionNaming: Sendable, Equatable, CustomStringConvertible {
  /// The families of names.
  public enum Scheme: String, Sendable, Codable {
    /// timm's: `blocks.0.attn.qkv.weight`, `blocks.0.ls1.gamma`; MAE's official files too.
    case timm
    /// BEiT's official files and timm's BEiTs, whose LayerScale is `blocks.0.gamma_1`.
    case beit
    /// DeiT-III's official files: `blocks.0.gamma_1`.
    case deit
    /// OpenAI's, open_clip's and FT-CLIP's: `transformer.resblocks.0.attn.in_proj_weight`.
    case clip
    /// Hugging Face's CLIP: `encoder.layers.0.self_attn.q_proj.weight`.
    case huggingFace = "hugging-face"
  }

  /// The family.
  public var scheme: Scheme
  /// What stands before every name: `visual.`, `module.`, `vision_model.`, or nothing.
  public var prefix: String

  /// A naming.
  public init(_ scheme: Scheme, prefix: String = "") {
    self.scheme = scheme
    self.prefix = prefix
  }

  public var description: String {
    let name =
      switch scheme {
      case .timm, .beit: "timm's names"
      case .deit: "DeiT-III's official names"
      case .clip: "CLIP's names"
      case .huggingFace: "Hugging Face's names"
      }
    return prefix.isEmpty ? name : "\(name) behind '\(prefix)'"
  }

  /// The file's tensors whose rows, one behind the other, are the parameter of a timm name: one, or three for a
  /// projection that the file keeps apart.
  func fileNames(of parameter: String) -> [String] {
    guard scheme == .huggingFace, let range = parameter.range(of: "attn.qkv.") else {
      return [prefix + renamed(parameter)]
    }
    let (front, part) = (parameter[..<range.lowerBound], parameter[range.upperBound...])
    return ["q", "k", "v"].map { prefix + renamed("\(front)self_attn.\($0)_proj.\(part)") }
  }

  private func renamed(_ name: String) -> String {
    Self.rules[scheme, default: []].reduce(name) { name, rule in
      rule.isStart
        ? (name.hasPrefix(rule.timm) ? rule.file + name.dropFirst(rule.timm.count) : name)
        : name.replacing(rule.timm, with: rule.file)
    }
  }

  /// A part of a name and what a file calls it; `isStart` where only the beginning of a name counts.
  private struct Rule {
    let timm, file: String
    let isStart: Bool

    init(_ timm: String, _ file: String, isStart: Bool = false) {
      self.timm = timm
      self.file = file
      self.isStart = isStart
    }
  }

  private static let layerScale = [Rule("ls1.gamma", "gamma_1"), Rule("ls2.gamma", "gamma_2")]

  private static let rules: [Scheme: [Rule]] = [
    .deit: layerScale, .beit: layerScale,
    .clip: [
      Rule("norm_pre.", "ln_pre.", isStart: true), Rule("norm.", "fc_norm.", isStart: true),
      Rule("patch_embed.proj.", "conv1.", isStart: true), Rule("pos_embed", "positional_embedding", isStart: true),
      Rule("cls_token", "class_embedding", isStart: true), Rule("blocks.", "transformer.resblocks.", isStart: true),
      Rule("norm1.", "ln_1."), Rule("norm2.", "ln_2."), Rule("attn.qkv.", "attn.in_proj_"),
      Rule("attn.proj.", "attn.out_proj."), Rule("mlp.fc1.", "mlp.c_fc."), Rule("mlp.fc2.", "mlp.c_proj."),
    ],
    .huggingFace: [
      Rule("norm_pre.", "pre_layrnorm.", isStart: true), Rule("norm.", "fc_norm.", isStart: true),
      Rule("patch_embed.proj.", "embeddings.patch_embedding.", isStart: true),
      Rule("pos_embed", "embeddings.position_embedding.weight", isStart: true),
      Rule("cls_token", "embeddings.class_embedding", isStart: true), Rule("blocks.", "encoder.layers.", isStart: true),
      Rule("norm1.", "layer_norm1."), Rule("norm2.", "layer_norm2."), Rule("attn.proj.", "self_attn.out_proj."),
    ],
  ]
}

extension String {
  /// Where `part` first occurs.
  fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}
