import SubCore
import SubData
import SubNN
import SubTrain

/// A kind of input with what the commands do for it that serve all kinds. A new kind is a file here and a line in
/// `Modalities.all`.
protocol Modality: Sendable {
  /// The pages of its recipes, in their order.
  var recipes: [RecipePage] { get }
  /// The commands whose runs are of this kind.
  var commands: [String] { get }
  /// The families of its models, in the order in which a file is tried.
  var families: [any ModelFamily] { get }
  /// The training steps that `bench` times.
  var workloads: [Workload] { get }
  /// The making of batches that `bench` times.
  var dataWorkloads: [ImageWorkload] { get }
  /// The names that `trace --model` takes.
  var modelNames: [String] { get }

  /// What a trace writes; nil where the command does not mean this kind.
  func trace(
    _ command: TraceCommand, on device: Device, note: (String) -> Void
  ) throws -> [(name: String, array: HostArray)]?
  /// Evaluates a model, perhaps of a run with that configuration; nil where the command does not mean this kind.
  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation?
  /// Prints what a model says of inputs.
  func predict(_ command: PredictCommand, of model: ModelOrigin, in context: ToolContext) throws
  /// The features of inputs, or of queries, which are of the same model.
  func embedder(_ command: EmbedCommand, of model: ModelOrigin, in context: ToolContext) throws -> Embedder
  /// Writes a model in a form that other programs load; the files that were written. Throws a usage error for a form that
  /// such models do not have.
  func export(_ command: ConvertCommand, of model: ModelOrigin, to path: String, in context: ToolContext) throws
    -> [String]
  /// The network and the step of a recipe of this kind; nil where another kind is meant.
  func plan(_ request: PlanRequest, on device: Device) throws -> PlannedTraining?
  /// From what the ratios of methods follow in such training, and how hidden parts are chosen; nil where another kind is
  /// meant.
  func basis(of request: PlanRequest) throws -> (basis: RatioBasis, selection: Masking.Selection)?
  /// Shows inputs; false where the command does not mean this kind.
  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool
}

extension Modality {
  var dataWorkloads: [ImageWorkload] { [] }
  var modelNames: [String] { [] }
  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? { nil }
}

/// The kinds of input.
enum Modalities {
  /// In the order of `masksub recipes`. The first takes what no other means.
  static let all: [any Modality] = [VisionModality(), TextModality(), ClipModality()]

  /// What the kind has to say that a command means.
  static func first<Result>(_ ask: (any Modality) throws -> Result?) rethrows -> Result {
    for modality in all.reversed() {
      if let result = try ask(modality) { return result }
    }
    preconditionFailure("Modalities: the first one takes everything")
  }
}
