/// What a derivative sees (a vector-Jacobian product): the gradients of its outputs, and a sink for those of its inputs.
/// A sink rather than results, so that a GEMM writes straight to where the sum lives: beta 0 on the first touch, 1
/// afterwards.
public struct VJP {
  let node: Node
  let gradients: Gradients

  /// The gradient of an output, of its shape; nil where none arrived. It can be taken once.
  public func take(_ output: Int) -> Tensor? {
    defer { node.gradients[output] = nil }
    return node.gradients[output]
  }

  /// The gradient of the only output. It can be taken once.
  public func take() -> Tensor {
    guard let gradient = take(0) else { preconditionFailure("\(node.name): the gradient has been taken already") }
    return gradient
  }

  /// Whether anybody wants the gradient of an input. Giving it all the same does no harm, and computes nothing.
  public func wants(_ input: Int) -> Bool { source(of: input) != nil }

  /// Adds to the gradient of an input, which is of the input's shape. Computed only where it is wanted.
  public func give(_ input: Int, _ gradient: @autoclosure () -> Tensor) {
    guard let source = source(of: input) else { return }
    let gradient = gradient()
    node.contract?.fulfil(input, gradient.shape, node.name)
    Self.add(gradient, to: source, gradients)
  }

  private func source(of input: Int) -> Source? {
    precondition(node.inputs.indices.contains(input), "\(node.name): there is no input \(input), or this is over")
    return node.inputs[input]
  }

  /// Lets `body` write the gradient of an input as destination = beta · destination + its share.
  func accumulate(_ input: Int, like shape: Shape, dtype: DType, on device: Device, _ body: (Accumulation) -> Void) {
    guard let source = source(of: input) else { return }
    switch source {
    case .parameter(let parameter, let start):
      body(gradients.destination(parameter, start: start, shape: shape))
    case .node(let producer, let output), .outside(let producer, let output):
      Self.accumulate(&producer.gradients[output], shape, dtype, device, body)
    case .junction(let junction): Self.accumulate(&junction.gradient, shape, dtype, device, body)
    }
  }

  private static func accumulate(
    _ slot: inout Tensor?, _ shape: Shape, _ dtype: DType, _ device: Device, _ body: (Accumulation) -> Void
  ) {
    let beta = slot == nil ? 0.0 : 1.0
    if slot == nil { slot = Tensor(uninitialized: shape, dtype: dtype, on: device) }
    own(&slot!)
    body(Accumulation(tensor: slot!, beta: beta))
  }

  /// Makes sure that nobody else sees the memory of a sum that is about to grow.
  private static func own(_ sum: inout Tensor) {
    guard !sum.isUnique else { return }
    let copy = sum.like(sum.shape)
    copy.backend.combine(1, sum, 0, into: copy)
    sum = copy
  }

  /// `accumulate` for an input whose shape, type and device are `model`'s.
  func accumulate(_ input: Int, like model: Tensor, _ body: (Accumulation) -> Void) {
    accumulate(input, like: model.shape, dtype: model.dtype, on: model.device, body)
  }

  /// `accumulate` for a `body` that has more to do: where nobody wants the gradient it is run with nil.
  func offer(_ input: Int, like shape: Shape, dtype: DType, on device: Device, _ body: (Accumulation?) -> Void) {
    guard wants(input) else { return body(nil) }
    accumulate(input, like: shape, dtype: dtype, on: device) { body($0) }
  }

  /// `offer` for an input whose shape, type and device are `model`'s; nil: it has no gradient to write.
  func offer(_ input: Int, like model: Tensor?, _ body: (Accumulation?) -> Void) {
    guard let model else { return body(nil) }
    offer(input, like: model.shape, dtype: model.dtype, on: model.device, body)
  }

  /// Adds rows to the gradient of a table [rows, d].
  func scatterAdd(_ input: Int, _ values: Tensor, _ indices: Tensor, tableShape: Shape) {
    guard let source = source(of: input) else { return }
    if case .parameter(let parameter, 0) = source {
      let (table, touched) = gradients.tableDestination(parameter)
      values.backend.scatterAddRows(values, indices, into: table, touched: touched)
      return
    }
    accumulate(input, like: tableShape, dtype: values.dtype, on: values.device) { sum in
      if sum.beta == 0 { sum.tensor.backend.fill(sum.tensor, with: 0) }
      values.backend.scatterAddRows(values, indices, into: sum.tensor, touched: nil)
    }
  }

  static func add(_ gradient: Tensor, to source: Source, _ gradients: Gradients) {
    switch source {
    case .parameter(let parameter, let start):
      let sum = gradients.destination(parameter, start: start, shape: gradient.shape)
      gradient.backend.combine(1, gradient, sum.beta, into: sum.tensor)
    case .node(let producer, let output), .outside(let producer, let output):
      add(gradient, to: &producer.gradients[output])
    case .junction(let junction): add(gradient, to: &junction.gradient)
    }
  }

  private static func add(_ gradient: Tensor, to slot: inout Tensor?) {
    guard slot != nil else {
      slot = gradient.detached()
      return
    }
    own(&slot!)
    slot!.backend.combine(1, gradient, 1, into: slot!)
  }
}

extension Tensor {
  /// Whether nobody else can see this memory, so that it may be overwritten.
  var isUnique: Bool {
    mutating get { isKnownUniquelyReferenced(&storage) }
  }

  /// This gradient's memory if nobody else holds it, else fresh memory of its shape: the place for a result that
  /// replaces it.
  mutating func reusable() -> Tensor { isUnique ? detached() : like(shape) }
}
