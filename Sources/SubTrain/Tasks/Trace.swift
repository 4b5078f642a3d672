public import SubCore
import SubNN

/// One step of the method with everything written out, for comparison with another implementation.
public enum Trace {
  /// What stands before the names of buffers as the step left them.
  public static let afterwards = "after."

  /// Runs a step without dropout, stochastic depth, clipping or update. Batch-norm goes by the batch, as in training.
  ///
  /// - Returns: `loss.main`, `loss.sub`, `loss` (their mean by the method's weights), what `outputs` makes of the branches'
  ///   outputs, `grad.NAME` of `loss` for every parameter, and `after.NAME` for every buffer, by `names`.
  public static func run<Task: TrainingTask>(
    _ task: Task, _ batch: Task.Batch, _ set: ParameterSet, _ method: some Method,
    names: WeightNames,
    outputs: (_ branch: String, Task.Output) -> [(name: String, array: HostArray)]
  ) -> [(name: String, array: HostArray)] {
    let gradients = Gradients(set)
    var pass = Pass.evaluation
    pass.statistics = .batch(updating: true)
    let step = method(task, batch, into: gradients, pass: pass)
    var result = outputs("main", step.main)
    if let sub = step.sub { result += outputs("sub", sub) }
    let main = step.losses.main.item
    result.append(("loss.main", HostArray([Float(main)], shape: [])))
    let sub = step.losses.sub?.item
    if let sub { result.append(("loss.sub", HostArray([Float(sub)], shape: []))) }
    result.append(("loss", HostArray([Float(step.losses.total(main: main, sub: sub))], shape: [])))
    for parameter in set.parameters {
      result += names.tensors(parameter.name, gradients.value(of: parameter).host()).map {
        ("grad." + $0.name, $0.array)
      }
    }
    for buffer in set.buffers {
      result += names.tensors(buffer.name, buffer.value.host()).map { (afterwards + $0.name, $0.array) }
    }
    return result
  }
}
