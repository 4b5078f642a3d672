public import SubCore
public import SubData
import SubNN
import SubTrain
import VisionSub

extension ClipConfig {
  /// Which of the towers a graph has.
  public enum Tower: String, Sendable, CaseIterable { case image, text }

  /// The network as an ONNX graph, with the names that transformers has: `input_ids` [texts, length] and `pixel_values`
  /// [images, 3, S, S] → `text_embeds`, `image_embeds` (of length 1), `logits_per_image`, `logits_per_text`; or one tower
  /// alone.
  public func onnx(_ set: ParameterSet, _ tower: Tower? = nil) -> OnnxGraph {
    var network = OnnxNetwork(set)
    var texts: OnnxGraph.Value?
    if tower != .image {
      let ids = network.graph.input("input_ids", .i64, [.named("text_batch"), .named("length")])
      texts = network.normalized(onnxText(ids, in: &network))
    }
    var images: OnnxGraph.Value?
    if tower != .text {
      let pixels = network.graph.input(
        "pixel_values", .f32, [.named("image_batch"), .fixed(3), .fixed(image.size), .fixed(image.size)])
      let features = imageTower.onnxFeatures(pixels, in: &network, prefix: "visual.")
      images = network.normalized(network.graph("MatMul", features, network.weight("visual.proj")))
    }
    if let texts, let images {
      let scale = network.graph("Exp", network.weight("logit_scale", shape: []))
      let turned = network.graph("Transpose", texts, attributes: [("perm", .integers([1, 0]))])
      let logits = network.graph("Mul", network.graph("MatMul", images, turned), scale)
      network.graph.output("logits_per_image", logits, [.named("image_batch"), .named("text_batch")])
      network.graph.output(
        "logits_per_text", network.graph("Transpose", logits, attributes: [("perm", .integers([1, 0]))]),
        [.named("text_batch"), .named("image_batch")])
    }
    if let texts { network.graph.output("text_embeds", texts, [.named("text_batch"), .fixed(embedWidth)]) }
    if let images { network.graph.output("image_embeds", images, [.named("image_batch"), .fixed(embedWidth)]) }
    return network.graph
  }

  /// Token ids [N, T], T up to the context's length, filled up with anything behind the end → [N, E], not normalised.
  private func onnxText(_ ids: OnnxGraph.Value, in network: inout OnnxNetwork) -> OnnxGraph.Value {
    let (length, context) = (network.length(ids, 1), text.contextLength)
    var x = network.graph("Gather", network.weight("text.token_embedding.weight"), ids)
    x = network.graph("Add", x, network.slice(network.weight("text.pos_embed"), axis: 0, from: 0, to: length))
    // A token sees none behind it.
    let mask = (0..<context * context).map { $0 % context <= $0 / context ? Float(0) : -.infinity }
    let whole = network.graph.constant("text.causal", HostArray(mask, shape: [context, context]))
    let causal = network.slice(
      network.slice(whole, axis: 0, from: 0, to: length), axis: 1, from: 0, to: length)
    for block in 0..<text.layers {
      x = network.block(x, "text.blocks.\(block)", textTower, OnnxNetwork.Attention(biases: [causal]))
    }
    // The first of the largest ids is the end.
    let narrow = network.graph("Cast", ids, attributes: [("to", .integer(6))])
    let end = network.graph("ArgMax", narrow, attributes: [("axis", .integer(1)), ("keepdims", .integer(1))])
    let features = network.graph("GatherND", x, end, attributes: [("batch_dims", .integer(1))])
    let normed = network.layerNorm(features, "text.norm", epsilon: textTower.epsilon)
    return network.graph("MatMul", normed, network.weight("text.proj"))
  }
}
