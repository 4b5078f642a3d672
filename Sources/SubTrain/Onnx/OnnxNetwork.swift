public import SubCore
public import SubData

/// A network as it becomes an ONNX graph: the graph, and the weights by the names that the model has for them.
///
///     var network = OnnxNetwork(parameters)
///     let images = network.graph.input("pixel_values", .f32, [.named("batch"), .fixed(3), .fixed(224), .fixed(224)])
///     network.graph.output("logits", network.linear(network.layerNorm(…), "head"), [.named("batch"), .fixed(1000)])
public struct OnnxNetwork {
  public typealias Value = OnnxGraph.Value

  /// What was built so far.
  public var graph = OnnxGraph()
  private let tensors: [String: Tensor]

  /// An empty network over the weights and buffers of a model.
  public init(_ set: ParameterSet) {
    let all = set.parameters.map { ($0.name, $0.value) } + set.buffers.map { ($0.name, $0.value) }
    tensors = Dictionary(all) { first, _ in first }
  }

  /// Whether the model has a parameter or buffer.
  public func has(_ name: String) -> Bool { tensors[name] != nil }

  /// A weight on the host, in f32.
  public func array(_ name: String) -> HostArray {
    guard let tensor = tensors[name] else { preconditionFailure("OnnxNetwork: there is no \(name)") }
    return HostArray(tensor.floats(), shape: tensor.shape.dimensions)
  }

  /// A weight, perhaps in another shape.
  public mutating func weight(_ name: String, shape: [Int]? = nil) -> Value {
    if graph.knows(name) { return Value(name: name) }
    let array = array(name)
    return graph.constant(name, shape.map(array.reshaped) ?? array)
  }

  /// x · weightᵀ + bias: [..., in] → [..., out]. `bias`: in place of the layer's own.
  public mutating func linear(_ x: Value, _ name: String, bias: HostArray? = nil) -> Value {
    let product = graph("MatMul", x, graph.constant("\(name).weight", array("\(name).weight").transposed))
    if let bias { return graph("Add", product, graph.constant("\(name).bias", bias)) }
    return has("\(name).bias") ? graph("Add", product, weight("\(name).bias")) : product
  }

  /// Over the last axis.
  public mutating func layerNorm(_ x: Value, _ name: String, epsilon: Double) -> Value {
    graph(
      "LayerNormalization", x, weight("\(name).weight"), weight("\(name).bias"),
      attributes: [("axis", .integer(-1)), ("epsilon", .number(Float(epsilon)))])
  }

  /// The function of an MLP's hidden features.
  public mutating func activation(_ x: Value, _ kind: Activation) -> Value {
    switch kind {
    case .identity: return x
    case .relu: return graph("Relu", x)
    case .tanh: return graph("Tanh", x)
    case .sigmoid: return graph("Sigmoid", x)
    case .quickGelu: return graph("Mul", x, graph("Sigmoid", graph("Mul", x, graph.number(1.702))))
    case .gelu:
      let erf = graph("Erf", graph("Mul", x, graph.number(Float(0.5.squareRoot()))))
      return half(x, times: graph("Add", erf, graph.number(1)))
    case .geluTanh:
      let cube = graph("Mul", x, graph("Mul", x, x))
      let inner = graph("Add", x, graph("Mul", cube, graph.number(0.044715)))
      let tanh = graph("Tanh", graph("Mul", inner, graph.number(Float((2 / Double.pi).squareRoot()))))
      return half(x, times: graph("Add", tanh, graph.number(1)))
    }
  }

  private mutating func half(_ x: Value, times y: Value) -> Value {
    graph("Mul", graph("Mul", x, graph.number(0.5)), y)
  }

  /// The length of an axis, i64 [1].
  public mutating func length(_ x: Value, _ axis: Int) -> Value {
    graph("Shape", x, attributes: [("start", .integer(axis)), ("end", .integer(axis + 1))])
  }

  /// The part of an axis from `start` to `end`, which may be computed.
  public mutating func slice(_ x: Value, axis: Int, from start: Int, to end: Value) -> Value {
    graph("Slice", x, graph.integers([start]), end, graph.integers([axis]))
  }

  /// The mean over the second of three axes: [N, T, D] → [N, D].
  public mutating func meanOfTokens(_ x: Value) -> Value {
    graph("ReduceMean", x, attributes: [("axes", .integers([1])), ("keepdims", .integer(0))])
  }

  /// The same token of every sequence: [N, T, D] → [N, D].
  public mutating func token(_ x: Value, _ number: Int) -> Value {
    graph("Gather", x, graph.integers([number], shape: []), attributes: [("axis", .integer(1))])
  }

  /// Rows of length 1: [N, D].
  public mutating func normalized(_ x: Value) -> Value {
    graph("Div", x, graph("ReduceL2", x, attributes: [("axes", .integers([-1])), ("keepdims", .integer(1))]))
  }
}
