public import SubCore
public import SubNN

/// How a step trains: which trips a batch makes through the network, and by what their outputs are judged. A method is a
/// value with its numbers; one that a program adds is a type of this protocol, handed to a `Trainer` as it is, and to
/// whatever lists methods as `Methods.all + [Own.self]`.
public protocol Method: Sendable {
  /// What `--method` and the folders of runs know it by.
  static var name: String { get }
  /// What its ratio is; nil where it has none.
  static var ratio: MethodRatio? { get }

  /// The method with those numbers that it has a use for.
  init(_ settings: MethodSettings)
  /// Its numbers, as a run's `config.json` holds them.
  var numbers: [(name: String, value: Double)] { get }
  /// What it hides of inputs; nil: nothing.
  var masking: Masking? { get }

  /// The step: trips, losses, and their ways back.
  func train<Task: TrainingTask>(_ step: Step<Task>)
}

extension Method {
  /// None.
  public var masking: Masking? { nil }
  /// Whether its ratio is a share of the input that is hidden.
  public static var hidesParts: Bool { ratio?.isHidden ?? false }

  /// The method with a ratio and, where it has a sub-branch, that branch's share of the loss.
  public init(ratio: Double, subWeight: Double = 0.5) { self.init(MethodSettings(ratio: ratio, subWeight: subWeight)) }

  /// Throws a usage error at `place` where the method would hide all of an image's `patches`.
  public func check(patches: Int, at place: String) throws {
    if let masking { try Masking.check(ratio: masking.ratio, patches: patches, at: place) }
  }

  /// Makes a step of a batch: adds its gradients, times `scale`, to `gradients`; those of all losses, or of one kind
  /// `only`.
  public func callAsFunction<Task: TrainingTask>(
    _ task: Task, _ batch: Task.Batch, into gradients: Gradients, pass: Pass, scale: Double = 1,
    only kind: StepLosses.Kind? = nil
  ) -> StepResult<Task.Output> {
    let step = Step(task, batch, into: gradients, pass: pass, scale: scale, only: kind)
    train(step)
    return step.finish()
  }
}
