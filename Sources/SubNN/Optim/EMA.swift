public import SubCore

/// The exponential moving average of all weights: e ← d·e + (1−d)·w after every update, from a copy of the weights,
/// with no warmup (timm's ModelEma). Evaluation exchanges it for the weights and back.
public final class EMA: Checkpointed {
  /// d.
  public let decay: Double
  private let set: ParameterSet
  private let average: Tensor

  /// An average that starts as a copy of the weights.
  public init(_ set: ParameterSet, decay: Double) {
    precondition(decay >= 0 && decay < 1, "EMA: decay \(decay) is not in 0 ..< 1")
    self.set = set
    self.decay = decay
    average = set.zeros()
    set.average(into: average, decay: 0)
  }

  /// Takes the weights as they are after an update into the average.
  public func update() { set.average(into: average, decay: decay) }

  /// Runs `body` while the parameters hold the average, and puts the weights back whatever happens.
  public func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
    let weights = set.arena.host()
    set.arena.write(average.host())
    defer { set.arena.write(weights) }
    return try body()
  }

  /// A parameter's average.
  public func value(of parameter: Parameter) -> Tensor { set.view(of: parameter, in: average) }

  public func state() -> [(name: String, array: HostArray)] {
    set.parameters.map { ($0.name, value(of: $0).host()) }
  }

  public func restore(_ array: (String) throws -> HostArray) throws {
    for parameter in set.parameters {
      let values = try array(parameter.name)
      guard values.shape == parameter.shape.dimensions else {
        throw InputError(
          "an average of shape \(values.shape), the model's parameter is \(parameter.shape)", at: parameter.name,
          cure: "resume with the model that wrote the checkpoint")
      }
      value(of: parameter).write(values)
    }
  }
}
