public import SubCore
import SubData
public import SubNN

/// What a run trains: a task with its weights, the batches that feed it, and what belongs to both. `Trainer` is the loop
/// around it. Only the first three must be written; the rest has defaults.
public protocol Trainable: AnyObject {
  associatedtype Task: TrainingTask
  associatedtype Source: BatchSource where Source.Batch == Task.Batch

  /// What the method is told.
  var task: Task { get }
  /// The weights.
  var parameters: ParameterSet { get }
  /// Where batches come from.
  var source: Source { get }

  /// By which names checkpoints hold what belongs to the weights: moments, averages.
  var published: Naming { get }
  /// What decides the future of the run besides weights and optimizer: an average of weights. Checkpoints hold it in
  /// files of these names.
  var parts: [(name: String, part: any Checkpointed)] { get }
  /// Runs after every update: averages, clamps.
  func afterUpdate()
  /// Samples that a batch, or a part of it, must have: 2 where batch-norm would see a single value of one.
  var fewestSamples: Int { get }
  /// Whether there is something to evaluate on.
  var isEvaluated: Bool { get }
  /// Evaluates the model as it stands.
  func evaluate() throws -> Evaluation
  /// Samples of a batch in evaluation, those of this rank, which a run lowers where memory does not hold so many; 0: it is
  /// not known.
  var evaluationBatch: Int { get set }
  /// Bytes on the host that each of them takes while batches wait.
  var evaluationHostBytes: Int { get }
  /// What has to be said behind a training: what all ranks passed over. All of them ask for it.
  var remarks: [String] { get }
  /// Writes weights, and what belongs to them, into a checkpoint's folder.
  func write(to folder: String) throws
  /// Puts the weights of such a folder back.
  func read(from folder: String) throws
}

extension Trainable {
  /// The parameters' own names.
  public var published: Naming { .own }
  /// Nothing.
  public var parts: [(name: String, part: any Checkpointed)] { [] }
  /// Does nothing.
  public func afterUpdate() {}
  /// One.
  public var fewestSamples: Int { 1 }
  /// Taken to be so.
  public var isEvaluated: Bool { true }
  /// Finds nothing.
  public func evaluate() throws -> Evaluation { Evaluation() }
  /// Not known, and nothing to lower.
  public var evaluationBatch: Int {
    get { 0 }
    set {}
  }
  /// None.
  public var evaluationHostBytes: Int { 0 }

  /// Nothing.
  public var remarks: [String] { [] }

  /// Writes `model.safetensors` under the published names.
  public func write(to folder: String) throws {
    try parameters.write(to: FileSystem.join(folder, "model.safetensors"), WeightNames(published))
  }

  /// Reads what the default `write(to:)` wrote.
  public func read(from folder: String) throws {
    let weights = Weights(try TensorFile.open(folder), published)
    _ = try parameters.load(weights, startingFrom: RandomKey(seed: 0), published)
  }
}
