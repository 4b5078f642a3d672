import SubCore
import SubNN
import SubTrain

/// What `bench` times: training steps of a network on random data of fixed shapes.
struct Workload: Sendable {
  /// The name, as in shared benchmarks of other implementations.
  let name: String
  /// Samples of a step unless told otherwise.
  let batch: Int
  /// From what the default ratio follows.
  let basis: RatioBasis
  /// The patches of an image; nil for text.
  var patches: Int?
  /// Makes everything and returns one step.
  let prepare: @Sendable (_ batch: Int, _ method: any Method, _ precision: Precision, _ device: Device) -> () -> Void

  /// Every workload, in order.
  static let all: [Workload] = Modalities.all.flatMap(\.workloads)

  /// A step through the method and the optimizer, as the loop makes it: no gradients to clear, both branches forward and
  /// backward, AdamW on all weights. It returns when all of it is done.
  static func step<Task: TrainingTask>(
    _ task: Task, _ batch: Task.Batch, _ parameters: ParameterSet, _ method: some Method
  ) -> () -> Void {
    let optimizer = AdamW(
      parameters, groups: ParameterGroups(parameters) { _ in ParameterRates(weightDecay: 0.05) })
    let gradients = Gradients(parameters)
    var number = 0
    return {
      let pass = Pass(isTraining: true, key: RandomKey(seed: 0).fold(number))
      _ = method(task, batch, into: gradients, pass: pass)
      optimizer.step(gradients, lr: 1e-5, factor: nil)
      number += 1
      parameters.arena.device.synchronize()
    }
  }
}
