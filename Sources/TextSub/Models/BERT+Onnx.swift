public import SubCore
public import SubData
import SubTrain

extension BERTConfig {
  /// The network as an ONNX graph, with the names that transformers has: `input_ids`, `attention_mask` and
  /// `token_type_ids` [batch, sequence] → `logits` [batch, labels], or without a classifier `last_hidden_state`.
  public func onnx(_ set: ParameterSet, labels: Int?) -> OnnxGraph {
    var network = OnnxNetwork(set)
    let axes: [OnnxGraph.Axis] = [.named("batch"), .named("sequence")]
    let ids = network.graph.input("input_ids", .i64, axes)
    let mask = network.graph.input("attention_mask", .i64, axes)
    let types = network.graph.input("token_type_ids", .i64, axes)
    let place = network.slice(
      network.weight("embeddings.position.weight"), axis: 0, from: 0, to: network.length(ids, 1))
    var x = network.graph("Gather", network.weight("embeddings.word.weight"), ids)
    x = network.graph("Add", x, place)
    x = network.graph("Add", x, network.graph("Gather", network.weight("embeddings.type.weight"), types))
    x = network.layerNorm(x, "embeddings.norm", epsilon: epsilon)
    // 0 where a key is seen; so low where it is hidden that nothing of it is left behind softmax.
    let hidden = network.graph(
      "Sub", network.graph.number(1), network.graph("Cast", mask, attributes: [("to", .integer(1))]))
    let bias = network.graph(
      "Unsqueeze", network.graph("Mul", hidden, network.graph.number(-1e30)), network.graph.integers([1, 2]))
    for block in 0..<layers {
      x = network.block(x, "blocks.\(block)", transformer, OnnxNetwork.Attention(biases: [bias]))
    }
    guard let labels else {
      network.graph.output("last_hidden_state", x, axes + [.fixed(width)])
      return network.graph
    }
    let pooled = network.graph("Tanh", network.linear(network.token(x, 0), "pooler"))
    network.graph.output("logits", network.linear(pooled, "head"), [.named("batch"), .fixed(labels)])
    return network.graph
  }
}
