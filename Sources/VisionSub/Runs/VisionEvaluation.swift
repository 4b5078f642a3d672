import SubCore
public import SubData
public import SubTrain

/// A trained vision model on labelled images: evaluated as it was in training, with the average of weights where its
/// recipe keeps one, and as its family's recipe says where it is none of ours.
public struct VisionEvaluation {
  /// The recipe by which images are framed and normalised.
  public let recipe: VisionRecipe
  /// What is evaluated, in words.
  public let title: String
  /// What has to be said of the weights, and how images are prepared, in a line each.
  public let details: [String]
  private let evaluator: VisionEvaluator

  /// An evaluation of the weights in `folder`.
  ///
  /// - Parameters:
  ///   - options: what overrides the preparation of images that weights or recipe tell.
  ///   - maxBroken: unreadable pictures that are passed over before it is an error.
  /// - Throws: an `InputError` where there is no classifier, or one of other classes.
  public init(
    _ folder: VisionFolder, on images: any ImageSource, preparing options: ImagePreparation = ImagePreparation(),
    batchSize: Int = 64, maxBroken: Int = 100, _ settings: RunSettings = RunSettings()
  ) throws {
    let network = try VisionInference(folder, preparing: options, settings)
    guard images.classNames.count == folder.configuration.classes else {
      throw InputError(
        "the model has \(folder.configuration.classes) classes, the data \(images.classNames.count)", at: folder.path,
        cure: "give the data that the model was trained for")
    }
    (recipe, details) = (network.recipe, network.details)
    evaluator = VisionEvaluator(
      network.task, images, recipe.evaluationPipeline, batchSize: batchSize, workers: settings.imageWorkers,
      maxBroken: maxBroken, on: settings.device, ranks: settings.ranks)
    title = "\(network.title), \(images.count) images, \(images.classNames.count) classes"
  }

  /// `top1`, `top5` and the mean cross-entropy.
  public func callAsFunction() throws -> Evaluation { try evaluator() }

  /// What all ranks passed over; all of them ask for it.
  public var remarks: [String] { evaluator.remarks }
}
