public import SubCore
public import SubNN

/// A step as a method writes it: trips of a batch through the network, what they are judged by, and the way back.
///
/// Every `backward` consumes the graphs of its losses. A method whose branches judge each other makes all trips first
/// and gives all losses to one `backward`; one that cannot hold two graphs makes a trip without recording and the same
/// trip again.
public final class Step<Task: TrainingTask> {
  private let task: Task
  private let batch: Task.Batch
  private let gradients: Gradients
  private let pass: Pass
  private let scale: Double
  /// The one kind of loss that is sent back; nil: both.
  private let kind: StepLosses.Kind?
  private var shared: Task.Shared?
  private var outputs: [Int: Task.Output] = [:]
  private var terms: [LossTerm] = []

  init(
    _ task: Task, _ batch: Task.Batch, into gradients: Gradients, pass: Pass, scale: Double,
    only kind: StepLosses.Kind?
  ) {
    (self.task, self.batch, self.gradients) = (task, batch, gradients)
    (self.pass, self.scale, self.kind) = (pass, scale, kind)
  }

  /// A trip of the batch: branch `index`, counted from the main one, has a random stream of its own, the same whenever
  /// the trip is made. `change` says what else is different about it. The first trip makes what all of them share.
  public func branch(_ index: Int, isRecorded: Bool = true, _ change: (inout Pass) -> Void = { _ in }) -> Task.Output {
    var trip = pass.at(index)
    if index > 0, let statistics = pass.branchStatistics { trip.statistics = statistics }
    change(&trip)
    let shared = shared ?? task.shared(batch, trip)
    self.shared = shared
    let output =
      isRecorded
      ? task.forward(batch, shared, trip) : Tape.withoutRecording { task.forward(batch, shared, trip) }
    outputs[index] = output
    return output
  }

  /// The supervised loss of a branch.
  public func loss(_ output: Task.Output) -> Tensor { task.loss(output, batch) }
  /// What another branch is to reproduce: a constant.
  public func softTarget(of output: Task.Output) -> Task.SoftTarget { task.softTarget(of: output) }
  /// The loss of a branch that is to reproduce another.
  public func loss(_ output: Task.Output, mimicking target: Task.SoftTarget) -> Tensor {
    task.loss(output, mimicking: target)
  }

  /// Sends losses back through their graphs, each by its weight.
  public func backward(_ new: LossTerm...) {
    precondition(!new.isEmpty, "Step: backward of nothing")
    let sent = kind == nil ? new : new.filter { $0.kind == kind }
    if !sent.isEmpty {
      let (sum, weight) = sent.count == 1 ? (sent[0].loss, sent[0].weight) : (LossTerm.sum(sent), 1)
      sum.backward(into: gradients, scale: scale * weight)
    }
    if sent.count < new.count { for term in new { term.loss.discardGraph() } }
    terms += new.map { $0.detached() }
  }

  /// Sends on what waits behind the shared part.
  func finish() -> StepResult<Task.Output> {
    guard let main = outputs[0], let shared else { preconditionFailure("Step: a method without a main branch") }
    task.finish(shared, into: gradients)
    let losses = StepLosses(terms)
    return StepResult(losses: losses, main: main, sub: outputs[1])
  }
}

/// What a step leaves behind besides gradients.
public struct StepResult<Output> {
  /// The losses.
  public let losses: StepLosses
  /// The main branch's output, and the sub-branch's where there is one.
  public let main: Output
  public let sub: Output?
}
