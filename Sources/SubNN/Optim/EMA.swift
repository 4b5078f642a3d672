public import SubCore

/// The exponential moving average of all weights and buffers: e ← d·e + (1−d)·w after every update, from a copy of the
/// weights, with no warmup (timm's ModelEma). Evaluation exchanges it for the weights and back.
public final class EMA: Checkpointed {
  /// d.
  public let decay: Double
  private let set: ParameterSet
  private let average: Tensor
  /// In the order of the set's buffers.
  private let buffers: [Tensor]

  /// An average that starts as a copy of the weights.
  public init(_ set: ParameterSet, decay: Double) {
    precondition(decay >= 0 && decay < 1, "EMA: decay \(decay) is not in 0 ..< 1")
    self.set = set
    self.decay = decay
    average = set.zeros()
    buffers = set.buffers.map { Tensor($0.shape, filledWith: 0, dtype: $0.value.dtype, on: $0.value.device) }
    for (values, average) in pairs { values.average(into: average, decay: 0) }
  }

  /// Takes the weights as they are after an update into the average.
  public func update() {
    for (values, average) in pairs { values.average(into: average, decay: decay) }
  }

  /// Runs `body` while parameters and buffers hold the average, and puts the weights back whatever happens.
  public func evaluating<Result>(_ body: () throws -> Result) rethrows -> Result {
    let weights = pairs.map { $0.values.host() }
    for (values, average) in pairs { values.write(average.host()) }
    defer { for ((values, _), weights) in zip(pairs, weights) { values.write(weights) } }
    return try body()
  }

  /// A parameter's average: that of a frozen one is itself.
  public func value(of parameter: Parameter) -> Tensor {
    parameter.isFrozen ? parameter.value : set.view(of: parameter, in: average)
  }

  public func state() -> [StateArray] { named.map { StateArray("", of: $0.name, $0.average.host()) } }

  public func restore(_ array: (_ role: String, _ tensor: String?) throws -> HostArray) throws {
    // Files of versions without buffers lack them: those averages stay as they are.
    let buffers = Set(set.buffers.map(\.name))
    for (name, average) in named {
      let read = Result { try array("", name) }
      if buffers.contains(name), case .failure = read { continue }
      try average.restore(read.get(), "an average", at: name)
    }
  }

  /// What is averaged: the arena of the parameters that are trained, and every buffer.
  private var pairs: [(values: Tensor, average: Tensor)] {
    [(set.trainedArena, average)] + zip(set.buffers, buffers).map { ($0.value, $1) }
  }

  private var named: [(name: String, average: Tensor)] {
    let parameters = set.parameters.map { ($0.name, value(of: $0)) }
    return parameters + zip(set.buffers, buffers).map { ($0.name, $1) }
  }
}
