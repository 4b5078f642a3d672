import SubCore
import SubNN
import SubTrain
import Testing

/// What a recipe's numbers make of a model's parameters.
@Suite struct OptimizerFieldsTests {
  @Test func `LAMB moves a joined parameter as the tensors that it is published as`() {
    let joins = Naming(
      "apart", "names of parts", signatures: [], rules: [Naming.Rule("qkv.*", "{query,key,value}.*")])
    // Unlike in their norms; of five columns, so that parts lie unaligned.
    let (query, key, value) = (Self.wave(15, 1), Self.wave(15, 4), Self.wave(15, 9))
    let biases = (Self.wave(3, 0.1), Self.wave(3, 0.2), Self.wave(3, 0.3))
    for (device, dtype) in [(Device.reference, DType.f64), (.cpu, .f32)] {
      let apart = Self.trained(
        [
          ("query.weight", [3, 5], query), ("key.weight", [3, 5], key), ("value.weight", [3, 5], value),
          ("query.bias", [3], biases.0), ("key.bias", [3], biases.1), ("value.bias", [3], biases.2),
        ], .own, dtype, on: device)
      let joined = Self.trained(
        [("qkv.weight", [9, 5], query + key + value), ("qkv.bias", [9], biases.0 + biases.1 + biases.2)], joins, dtype,
        on: device)
      #expect(zip(joined, apart).allSatisfy { abs($0 - $1) < 1e-6 }, "\(device)")
    }
  }

  private static func wave(_ count: Int, _ height: Double) -> [Double] {
    (0..<count).map { height * (Double($0 * 7 % 5) - 1.5) }
  }

  /// Weights after three updates of LAMB, whose gradients follow from the weights; all of them decay.
  private static func trained(
    _ weights: [(name: String, shape: Shape, values: [Double])], _ published: Naming, _ dtype: DType, on device: Device
  ) -> [Double] {
    let set = ParameterSet(
      weights.map { ($0.name, Parameter($0.shape, .zeros)) }, dtype: dtype, on: device, key: RandomKey(seed: 0))
    for (parameter, weight) in zip(set.parameters, weights) {
      parameter.value.write(Tensor(weight.values, weight.shape, dtype: dtype, on: device).host())
    }
    var fields = OptimizerFields()
    (fields.name, fields.epsilon) = (.lamb, 1e-3)
    let optimizer = fields.make(set, ParameterGroups(set) { _ in ParameterRates(weightDecay: 0.1) }, published)
    let gradients = Gradients(set)
    for update in 1...3 {
      for (parameter, weight) in zip(set.parameters, weights) {
        let upstream = weight.values.map { $0 * $0 - Double(update) }
        parameter.tensor.backward(from: Tensor(upstream, weight.shape, dtype: dtype, on: device), into: gradients)
      }
      optimizer.step(gradients, lr: 0.05, factor: nil)
    }
    return set.parameters.flatMap { $0.value.doubles() }
  }
}
