public import SubData
import SubNN
public import SubTrain

extension VisionTransformerConfig {
  /// The network up to what its head or projection reads: images [N, 3, S, S] → [N, D]. `prefix`: where its weights stand
  /// in a larger model.
  package func onnxFeatures(
    _ images: OnnxGraph.Value, in network: inout OnnxNetwork, prefix: String = ""
  ) -> OnnxGraph.Value {
    func name(_ part: String) -> String { prefix + part }
    var x = network.graph(
      "Conv",
      [images, network.weight(name("patch_embed.proj.weight"))]
        + (hasPatchBias ? [network.weight(name("patch_embed.proj.bias"))] : []),
      attributes: [
        ("kernel_shape", .integers([patchSize, patchSize])), ("strides", .integers([patchSize, patchSize])),
      ])
    x = network.graph("Reshape", x, network.graph.integers([0, width, patches]))
    x = network.graph("Transpose", x, attributes: [("perm", .integers([0, 2, 1]))])
    if position == .patches {
      x = network.graph("Add", x, network.weight(name("pos_embed")))
    }
    let one = network.weight(name("cls_token"), shape: [1, 1, width])
    let shape = network.graph(
      "Concat", network.length(images, 0), network.graph.integers([1, width]), attributes: [("axis", .integer(0))])
    x = network.graph("Concat", network.graph("Expand", one, shape), x, attributes: [("axis", .integer(1))])
    if position == .all { x = network.graph("Add", x, network.weight(name("pos_embed"))) }
    if hasPreNorm { x = network.layerNorm(x, name("norm_pre"), epsilon: epsilon) }
    let blocks = blocks(.visionTransformer, .normal(deviation: 0))
    let relative = RelativePositions(grid: grid, hasClassToken: true)
    for block in 0..<depth {
      var how = OnnxNetwork.Attention()
      switch relativeBias {
      case .none: break
      case .shared:
        let table = name("rel_pos_bias.relative_position_bias_table")
        how.biases = [network.relativeBias(table, relative, heads: heads)]
      case .perBlock:
        let table = name("blocks.\(block).attn.relative_position_bias_table")
        how.biases = [network.relativeBias(table, relative, heads: heads)]
      }
      x = network.block(x, name("blocks.\(block)"), blocks, how)
    }
    func norm(_ x: OnnxGraph.Value, _ part: String) -> OnnxGraph.Value {
      network.layerNorm(x, name(part), epsilon: epsilon)
    }
    func mean(_ x: OnnxGraph.Value) -> OnnxGraph.Value {
      network.meanOfTokens(network.slice(x, axis: 1, from: 1, to: network.graph.integers([patches + 1])))
    }
    switch readout {
    case .token: return norm(network.token(x, 0), "norm")
    case .pooled: return norm(mean(x), "fc_norm")
    case .normedPool: return mean(norm(x, "norm"))
    }
  }

  public func onnxLogits(_ images: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value? {
    network.linear(onnxFeatures(images, in: &network), "head")
  }
}
