public import SubCore
public import SubNN
public import SubTrain

/// A CLIP that learns which captions belong to which images.
public final class ClipTraining: Trainable {
  /// The network.
  public let model: ClipRunModel
  public let task: ContrastiveTask
  public let source: CaptionSource
  private var evaluation: ZeroShotEvaluation?
  private let masking: Masking?

  /// Training of a model. `masking` hides patches of evaluated images, for `--analyze`.
  public init(
    _ model: ClipRunModel, on source: CaptionSource, evaluating evaluation: ZeroShotEvaluation? = nil,
    masking: Masking? = nil
  ) {
    (self.model, self.source, self.evaluation, self.masking) = (model, source, evaluation, masking)
    task = ContrastiveTask(model.model, ranks: source.ranks.count)
  }

  public var parameters: ParameterSet { model.parameters }
  public var published: Naming { .openClip }
  public func afterUpdate() { model.model.clampLogitScale() }
  public var isEvaluated: Bool { evaluation != nil }
  public var evaluationHostBytes: Int { evaluation?.hostBytes ?? 0 }
  public var evaluationBatch: Int {
    get { evaluation?.batchSize ?? 0 }
    set { if newValue > 0 { evaluation?.batchSize = newValue } }
  }
  public func evaluate() throws -> Evaluation { try evaluation?(masking: masking) ?? Evaluation() }
  public func write(to folder: String) throws { try model.write(to: folder) }
  public func read(from folder: String) throws { try model.read(from: folder) }

  /// What all ranks skipped, and the evaluation left out.
  public var remarks: [String] {
    let skipped = source.faults?.summary(over: source.ranks) ?? ""
    return (skipped.isEmpty ? [] : ["skipped: \(skipped); each is counted as often as it came up"])
      + (evaluation?.remarks ?? [])
  }
}
