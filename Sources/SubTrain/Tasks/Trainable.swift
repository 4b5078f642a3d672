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

  /// What decides the future of the run besides weights and optimizer: an average of weights. Checkpoints hold it in
  /// files of these names.
  var parts: [(name: String, part: any Checkpointed)] { get }
  /// Runs after every update: averages, clamps.
  func afterUpdate()
  /// Evaluates the model as it stands.
  func evaluate() throws -> Evaluation
  /// Writes weights, and what belongs to them, into a checkpoint's folder.
  func write(to folder: String) throws
  /// Puts the weights of such a folder back.
  func read(from folder: String) throws
}

extension Trainable {
  /// Nothing.
  public var parts: [(name: String, part: any Checkpointed)] { [] }
  /// Does nothing.
  public func afterUpdate() {}
  /// Finds nothing.
  public func evaluate() throws -> Evaluation { Evaluation() }

  /// Writes `model.safetensors`, under the parameters' own names.
  public func write(to folder: String) throws {
    try Safetensors.write(
      parameters.parameters.map { ($0.name, $0.value.host()) },
      to: FileSystem.join(folder, "model.safetensors"))
  }

  /// Reads what the default `write(to:)` wrote.
  public func read(from folder: String) throws {
    _ = try parameters.load(TensorFile.open(folder), rename: { $0 })
  }
}
