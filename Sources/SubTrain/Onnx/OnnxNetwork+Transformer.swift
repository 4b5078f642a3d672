import SubCore
public import SubData
public import SubNN

extension OnnxNetwork {
  /// What attention has to know of its tokens.
  public struct Attention {
    /// Added to the scores [..., heads, T, T] before softmax, each in turn.
    public var biases: [Value]
    /// Windows of each sequence and tokens of a window; nil: all tokens of a sequence see each other.
    public var windows: (count: Int, area: Int)?

    /// Plain attention unless told otherwise.
    public init(biases: [Value] = [], windows: (count: Int, area: Int)? = nil) {
      (self.biases, self.windows) = (biases, windows)
    }
  }

  /// Multi-head self-attention of [N, T, D] without what stands before and behind it: packed query, key and value, and
  /// their mixture. `name`: that of the module whose `qkv` it is.
  public mutating func attention(_ x: Value, _ name: String, _ config: TransformerConfig, _ how: Attention) -> Value {
    let (heads, each) = (config.heads, config.width / config.heads)
    let packed = linear(x, "\(name).qkv", bias: separateBias(name, config))
    // [3, N, (windows,) heads, T, each].
    let (shape, order, back, whole): ([Int], [Int], [Int], [Int]) =
      how.windows.map { windows in
        (
          [0, windows.count, windows.area, 3, heads, each], [3, 0, 1, 4, 2, 5], [0, 1, 3, 2, 4],
          [0, windows.count * windows.area, config.width]
        )
      } ?? ([0, 0, 3, heads, each], [2, 0, 3, 1, 4], [0, 2, 1, 3], [0, 0, config.width])
    let parts = graph(
      "Transpose", graph("Reshape", packed, graph.integers(shape)), attributes: [("perm", .integers(order))])
    let (q, k, v) = (part(parts, 0), part(parts, 1), part(parts, 2))
    let last = order.count - 1
    let flipped = Array(0..<last - 2) + [last - 1, last - 2]
    let scale = graph.number(Float(1 / Double(each).squareRoot()))
    var scores = graph(
      "MatMul", graph("Mul", q, scale), graph("Transpose", k, attributes: [("perm", .integers(flipped))]))
    for bias in how.biases { scores = graph("Add", scores, bias) }
    let mixed = graph("MatMul", graph("Softmax", scores, attributes: [("axis", .integer(-1))]), v)
    return graph(
      "Reshape", graph("Transpose", mixed, attributes: [("perm", .integers(back))]), graph.integers(whole))
  }

  /// Part `number` of the first axis.
  private mutating func part(_ x: Value, _ number: Int) -> Value {
    graph("Gather", x, graph.integers([number], shape: []), attributes: [("axis", .integer(0))])
  }

  /// Separate biases of query and value as one, zeros for the key.
  private func separateBias(_ name: String, _ config: TransformerConfig) -> HostArray? {
    guard config.hasSeparateBiases else { return nil }
    let (q, v) = (array("\(name).q_bias").floats(), array("\(name).v_bias").floats())
    return HostArray(q + [Float](repeating: 0, count: q.count) + v, shape: [3 * q.count])
  }

  /// A block of [N, T, D]. `attend`: attention of what it is given, up to its projection; nil: plain, by `how`.
  public mutating func block(
    _ x: Value, _ name: String, _ config: TransformerConfig, _ how: Attention = Attention(),
    attend: ((inout OnnxNetwork, Value) -> Value)? = nil
  ) -> Value {
    func norm(_ x: Value, _ part: String, _ network: inout OnnxNetwork) -> Value {
      network.layerNorm(x, "\(name).\(part)", epsilon: config.epsilon)
    }
    func scaled(_ x: Value, _ part: String, _ network: inout OnnxNetwork) -> Value {
      config.layerScale == nil ? x : network.graph("Mul", x, network.weight("\(name).\(part).gamma"))
    }
    func mlp(_ x: Value, _ network: inout OnnxNetwork) -> Value {
      let hidden = network.activation(network.linear(x, "\(name).mlp.fc1"), config.activation)
      return network.linear(hidden, "\(name).mlp.fc2")
    }
    func attended(_ x: Value, _ network: inout OnnxNetwork) -> Value {
      let mixed = attend?(&network, x) ?? network.attention(x, "\(name).attn", config, how)
      return network.linear(mixed, "\(name).attn.proj")
    }
    if config.norm == .behind {
      let y = norm(graph("Add", x, attended(x, &self)), "norm1", &self)
      return norm(graph("Add", y, mlp(y, &self)), "norm2", &self)
    }
    let y = graph("Add", x, scaled(attended(norm(x, "norm1", &self), &self), "ls1", &self))
    return graph("Add", y, scaled(mlp(norm(y, "norm2", &self), &self), "ls2", &self))
  }

  /// A table [rows, heads] of relative positions as what is added to scores, [heads, T, T].
  public mutating func relativeBias(_ name: String, _ positions: RelativePositions, heads: Int) -> Value {
    let bias = "\(name)_scores"
    if graph.knows(bias) { return Value(name: bias) }
    let table = array(name).floats()
    let index = positions.index
    let scores = (0..<heads).flatMap { head in index.map { table[$0 * heads + head] } }
    return graph.constant(bias, HostArray(scores, shape: [heads, positions.tokens, positions.tokens]))
  }
}
