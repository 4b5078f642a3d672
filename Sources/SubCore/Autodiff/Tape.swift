/// Where the gradient of a tensor goes.
enum Source {
  case node(Node, output: Int)
  /// The same, of a graph that is not this one: its derivative is run with that.
  case outside(Node, output: Int)
  /// A parameter, from element `start` of it.
  case parameter(Parameter, start: Int)
  /// A place where gradients of several backward passes wait.
  case junction(Junction)
}

/// One recorded operation. The graph is held by the tensors that can still reach it, and is consumed by `backward`.
final class Node {
  let name: StaticString
  var inputs: [Source?]
  var vjp: ((VJP) -> Void)?
  /// The gradients of the outputs that have arrived so far.
  var gradients: [Tensor?]
  /// What an operation from outside has promised.
  var contract: Contract?

  init(name: StaticString, inputs: [Source?], outputs: Int, vjp: @escaping (VJP) -> Void) {
    self.name = name
    self.inputs = inputs
    self.vjp = vjp
    gradients = Array(repeating: nil, count: outputs)
  }
}

/// The scoped switch of recording.
public enum Tape {
  @TaskLocal static var isRecording = true

  /// Runs `body` without recording: evaluation.
  public static func withoutRecording<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isRecording.withValue(false, operation: body)
  }

  /// What is behind every tracked tensor: the outputs of an operation, with the derivative that is not optional.
  static func record(
    _ name: StaticString, _ inputs: [Tensor?], outputs: [Tensor], _ contract: Contract? = nil,
    vjp: @escaping (VJP) -> Void
  ) -> [Tensor] {
    guard isRecording, inputs.contains(where: { $0?.source != nil }) else { return outputs }
    let node = Node(name: name, inputs: inputs.map { $0?.source }, outputs: outputs.count, vjp: vjp)
    node.contract = contract
    return outputs.enumerated().map { index, output in
      var tracked = output
      tracked.source = .node(node, output: index)
      return tracked
    }
  }

  /// `record` for one output.
  static func record(
    _ name: StaticString, _ inputs: [Tensor?], output: Tensor, vjp: @escaping (VJP) -> Void
  ) -> Tensor {
    record(name, inputs, outputs: [output], vjp: vjp)[0]
  }
}

extension Tensor {
  /// Adds `scale` times this scalar's gradient to `gradients` and consumes the graph: every node's saved tensors are
  /// freed as soon as its derivative has run. A second call on the same graph is a bug and traps.
  public func backward(into gradients: Gradients, scale: Double = 1) {
    precondition(count == 1, "backward: shape \(shape) is not a scalar; name the upstream gradient")
    backward(from: Tensor(shape, filledWith: scale, dtype: dtype, on: device), into: gradients)
  }

  /// Consumes the graph behind this tensor without running a derivative: what it saved is freed. What was consumed before
  /// is left alone.
  public func discardGraph() {
    guard case .node(let root, _) = source else { return }
    for node in Node.inOrder([root]).reversed() { node.letGo() }
  }

  /// `backward` of a tensor whose own gradient is known.
  public func backward(from upstream: Tensor, into gradients: Gradients) {
    precondition(upstream.shape == shape, "backward: gradient \(upstream.shape) of \(shape)")
    Tape.backward([(self, upstream)], into: gradients)
  }
}

extension Tape {
  /// `backward` of several tensors of one graph, each of its shape's gradient.
  static func backward(_ ends: [(tensor: Tensor, upstream: Tensor)], into gradients: Gradients) {
    var roots: [Node] = []
    for (tensor, upstream) in ends {
      guard let source = tensor.source else { continue }
      guard case .node(let root, let output) = source else {
        VJP.add(upstream, to: source, gradients)
        continue
      }
      precondition(root.vjp != nil, "backward: the graph of \(root.name) has been consumed")
      root.gradients[output] = upstream.detached()
      roots.append(root)
    }
    withoutRecording {
      for node in Node.inOrder(roots).reversed() {
        node.run(into: gradients)
        gradients.earlySums?.begin()
      }
    }
  }
}

extension Node {
  /// Runs the derivative where a gradient has arrived, and lets go of everything.
  fileprivate func run(into gradients: Gradients) {
    guard let vjp else { preconditionFailure("backward: the graph of \(name) has been consumed") }
    self.vjp = nil
    if self.gradients.contains(where: { $0 != nil }) {
      vjp(VJP(node: self, gradients: gradients))
      contract?.check(self)
    }
    letGo()
  }

  /// Frees whatever the operation saved.
  fileprivate func letGo() {
    vjp = nil
    gradients = []
    inputs = []
  }

  /// These nodes and all that they depend on, inputs before consumers.
  fileprivate static func inOrder(_ roots: [Node]) -> [Node] {
    var order: [Node] = []
    var seen: Set<ObjectIdentifier> = []
    for root in roots where seen.insert(ObjectIdentifier(root)).inserted {
      var stack: [(node: Node, next: Int)] = [(root, 0)]
      while let (node, next) = stack.last {
        guard next < node.inputs.count else {
          order.append(node)
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next += 1
        if case .node(let input, _) = node.inputs[next], seen.insert(ObjectIdentifier(input)).inserted {
          stack.append((input, 0))
        }
      }
    }
    return order
  }
}
