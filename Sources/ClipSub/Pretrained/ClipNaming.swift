public import SubCore
import SubData

/// Whose names a weight file has. Models here are named as open_clip's and OpenAI's, which are the same.
public enum ClipNaming: String, Sendable, CaseIterable {
  case openClip = "openclip"
  /// transformers' `CLIPModel`: query, key and value apart, projections transposed.
  case huggingFace = "hf"

  /// A parameter as tensors of this naming.
  public func tensors(_ name: String, _ array: HostArray) -> [(name: String, array: HostArray)] {
    guard self == .huggingFace else { return [(name, array)] }
    switch name {
    case "visual.proj": return [("visual_projection.weight", array.transposedMatrix)]
    case "text_projection": return [("text_projection.weight", array.transposedMatrix)]
    default: break
    }
    let sources = Self.hugging(name)
    guard sources.count == 3 else { return [(sources[0], array)] }
    let shape = [array.shape[0] / 3] + array.shape.dropFirst()
    let length = array.byteCount / 3
    return sources.enumerated().map { part, name in
      let buffer = HostBuffer(byteCount: length) { memory in
        array.withBytes {
          memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[part * length..<(part + 1) * length]))
        }
      }
      return (name, HostArray(dtype: array.dtype, shape: shape, buffer: buffer))
    }
  }

  /// transformers' names of a parameter: three of a packed projection (query, key, value), else one.
  static func hugging(_ name: String) -> [String] {
    if let exact = exact[name] { return [exact] }
    let isVisual = name.hasPrefix("visual.")
    let tower = isVisual ? "vision_model" : "text_model"
    let inner = isVisual ? name.dropFirst("visual.".count) : Substring(name)
    let blocks = "transformer.resblocks."
    guard inner.hasPrefix(blocks) else {
      for (ours, theirs) in norms where name.hasPrefix(ours + ".") { return [theirs + name.dropFirst(ours.count)] }
      return [name]
    }
    let parts = inner.dropFirst(blocks.count).split(separator: ".", maxSplits: 1)
    guard parts.count == 2 else { return [name] }
    let (layer, rest) = ("\(tower).encoder.layers.\(parts[0]).", parts[1])
    if rest.hasPrefix("attn.in_proj_") {
      let kind = rest.dropFirst("attn.in_proj_".count)
      return ["q", "k", "v"].map { "\(layer)self_attn.\($0)_proj.\(kind)" }
    }
    for (ours, theirs) in block where rest.hasPrefix(ours + ".") {
      return [layer + theirs + rest.dropFirst(ours.count)]
    }
    return [name]
  }

  private static let exact = [
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "visual.proj": "visual_projection.weight",
    "text_projection": "text_projection.weight",
  ]
  private static let norms = [
    // Their spelling.
    ("visual.ln_pre", "vision_model.pre_layrnorm"),
    ("visual.ln_post", "vision_model.post_layernorm"),
    ("ln_final", "text_model.final_layer_norm"),
  ]
  private static let block = [
    ("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("attn.out_proj", "self_attn.out_proj"),
    ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"),
  ]
}

extension HostArray {
  /// The transpose of a matrix.
  var transposedMatrix: HostArray {
    let (rows, columns, size) = (shape[0], shape[1], dtype.size)
    let buffer = HostBuffer(byteCount: byteCount) { memory in
      withBytes { bytes in
        for row in 0..<rows {
          for column in 0..<columns {
            let (from, to) = ((row * columns + column) * size, (column * rows + row) * size)
            for byte in 0..<size { memory[to + byte] = bytes[from + byte] }
          }
        }
      }
    }
    return HostArray(dtype: dtype, shape: [columns, rows], buffer: buffer)
  }
}
