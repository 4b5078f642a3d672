extension Tape {
  /// An operation of one's own, with its derivative:
  ///
  ///     extension Tensor {
  ///       /// x / (1 + |x|).
  ///       func softsign() -> Tensor {
  ///         Tape.operation("softsign", [self]) { x in
  ///           let scale = 1 / (1 + x[0].abs())
  ///           return (x[0] * scale, { vjp in vjp.give(0, vjp.take() * scale * scale) })
  ///         }
  ///       }
  ///     }
  ///
  /// Neither closure is recorded: `forward` sees the inputs as constants, and what it keeps for the derivative is one.
  /// They may compute anything, on the host too (`floats()`, `Tensor(HostArray, on:)`). Whatever is to have a gradient
  /// is an input; parameters are passed as `parameter.tensor`. The derivative gives every input that is wanted a gradient
  /// of the input's shape; one that does not is a bug and traps.
  public static func operation(
    _ name: StaticString, _ inputs: [Tensor],
    _ forward: (_ inputs: [Tensor]) -> (output: Tensor, derivative: (VJP) -> Void)
  ) -> Tensor {
    operations(name, inputs) { constants in
      let (output, derivative) = forward(constants)
      return ([output], derivative)
    }[0]
  }

  /// `operation` with several outputs. The derivative runs when the gradient of any has arrived: `take(_:)` of another is
  /// nil.
  public static func operations(
    _ name: StaticString, _ inputs: [Tensor],
    _ forward: (_ inputs: [Tensor]) -> (outputs: [Tensor], derivative: (VJP) -> Void)
  ) -> [Tensor] {
    let (outputs, derivative) = withoutRecording { forward(inputs.map { $0.detached() }) }
    let contract = Contract(shapes: inputs.map(\.shape))
    return record(name, inputs, outputs: outputs.map { $0.detached() }, contract, vjp: derivative)
  }
}

/// What a derivative from outside must do: give every wanted input a gradient of its shape.
final class Contract {
  private let shapes: [Shape]
  private var isGiven: [Bool]

  init(shapes: [Shape]) {
    self.shapes = shapes
    isGiven = Array(repeating: false, count: shapes.count)
  }

  /// Notes a gradient.
  func fulfil(_ input: Int, _ shape: Shape, _ name: StaticString) {
    precondition(shape == shapes[input], "\(name): a gradient \(shape) for input \(input), \(shapes[input])")
    isGiven[input] = true
  }

  /// Traps where a wanted gradient is missing.
  func check(_ node: Node) {
    for (input, source) in node.inputs.enumerated() where source != nil {
      precondition(isGiven[input], "\(node.name): the derivative gave input \(input) no gradient")
    }
  }
}
