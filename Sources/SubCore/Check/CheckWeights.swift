/// The weights of a case that goes through the tape, by name.
struct CheckWeights {
  let set: ParameterSet
  let gradients: Gradients

  /// Weights that start as numbers that activations hold. A set computes in the case's precision.
  init(_ t: Trial, _ shapes: [(name: String, shape: Shape)], tables: Set<String> = [], _ numbers: Numbers? = nil) {
    let parameters = shapes.map {
      (name: $0.name, parameter: Parameter($0.shape, .zeros, isTable: tables.contains($0.name)))
    }
    set = ParameterSet(
      parameters, dtype: t.isExact ? .f64 : .f32, precision: t.isExact ? .fp32 : t.precision, on: t.device, key: nil)
    for (number, parameter) in set.parameters.enumerated() {
      // Matrices keep the scale of what they multiply; norms and scales stay near one, biases near zero.
      let shape = parameter.shape
      let own =
        shape.rank < 2
        ? Numbers.normal(scale: 0.3, mean: parameter.name.hasSuffix("bias") ? 0 : 1)
        : .normal(scale: 1 / Double(shape.count / shape[0]).squareRoot())
      parameter.value.write(t.numbers(shape, numbers ?? own, stream: number))
    }
    gradients = Gradients(set)
  }

  subscript(name: String) -> Tensor { parameter(name).tensor }

  func rows(_ name: String, _ range: Range<Int>) -> Tensor { parameter(name).rows(range) }

  private func parameter(_ name: String) -> Parameter {
    guard let found = set.parameters.first(where: { $0.name == name }) else { preconditionFailure("no weight \(name)") }
    return found
  }

  /// The gradients are results.
  func report(_ t: Trial, _ accuracy: Accuracy) {
    for parameter in set.parameters { t.result("d\(parameter.name)", gradients.value(of: parameter), accuracy) }
  }
}
