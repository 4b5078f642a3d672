extension Tape {
  /// `body` of some tensors, of which nothing is kept but them: on the way back it runs again, recorded, and its derivative
  /// behind it (Chen et al. 2016). Gradients have the bits that they would have otherwise, since every sum is made in the
  /// same order, if `body` gives the same numbers again; it is told whether it runs `again`, for what may happen but once.
  ///
  /// Where no gradient flows through an input it just runs.
  public static func recomputing(
    _ inputs: [Tensor], _ body: @escaping (_ inputs: [Tensor], _ again: Bool) -> [Tensor]
  ) -> [Tensor] {
    guard isRecording, inputs.contains(where: \.isTracked) else { return body(inputs, false) }
    let outputs = withoutRecording { body(inputs.map { $0.detached() }, false) }
    // Gradients go straight to where those of the inputs are summed.
    let kept = inputs.map { input in
      var input = input
      if case .node(let node, let output) = input.source { input.source = .outside(node, output: output) }
      return input
    }
    return record("recomputed", inputs, outputs: outputs.map { $0.detached() }) { [count = outputs.count] vjp in
      let upstream = (0..<count).map { vjp.take($0) }
      let again = $isRecording.withValue(true) { body(kept, true) }
      backward(zip(again, upstream).compactMap { end in end.1.map { (end.0, $0) } }, into: vjp.gradients)
    }
  }
}
