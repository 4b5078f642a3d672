public import SubCore
import SubNN
public import SubTrain

/// A network from files as it is used: its weights loaded, the average where a run kept one, and the preparation of its
/// images settled.
public struct VisionInference {
  /// The recipe by which images are framed and normalised.
  public let recipe: VisionRecipe
  /// The network with its loss.
  public let task: ImageClassification
  /// What its classes are called, by number, where the files say so.
  public let classNames: [String]?
  /// What is used, in words.
  public let title: String
  /// What has to be said of the weights, and how images are prepared, in a line each.
  public let details: [String]
  /// Its sizes.
  public let configuration: any VisionConfiguration
  /// Its weights.
  public let parameters: ParameterSet
  /// The classes in the order of the head's rows, as the data call them, where the files say so.
  public let labelNames: [String]?
  let path: String
  private let settings: RunSettings

  /// The network in `folder`.
  ///
  /// - Parameters:
  ///   - options: what overrides the preparation of images that weights or recipe tell.
  ///   - needsClassifier: whether weights without a classifier are an error.
  public init(
    _ folder: VisionFolder, preparing options: ImagePreparation = ImagePreparation(), needsClassifier: Bool = true,
    _ settings: RunSettings = RunSettings()
  ) throws {
    let (recipe, configuration) = (try folder.evaluationRecipe(options), folder.configuration)
    if case .resize(let resize) = options.crop, resize < recipe.data.imageSize {
      throw InputError(
        "\(resize) pixels are fewer than the \(recipe.data.imageSize) of the model's images", at: "--resize",
        cure: "give at least \(recipe.data.imageSize)", isUsage: true)
    }
    let model = configuration.makeModel()
    let parameters = ParameterSet(model, precision: settings.precision, on: settings.device, key: nil)
    let report = try folder.loadForEvaluation(into: parameters, needsClassifier: needsClassifier)
    task = ImageClassification(model, objective: recipe.objective)
    title = "\(folder.summary), \(folder.weights.title)"
    // Only features are made without a classifier, and of what stands before it.
    let head = ["weight", "bias"].flatMap { folder.weights.fileNames(of: "\(configuration.head).\($0)") }
    let made = report.made.filter { !head.contains($0) && !$0.hasSuffix("mask_token") }
    let readout = [("newly made, not trained", made), ("not used", folder.norms(among: report.dropped))]
      .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.joined(separator: ", ")) (--readout)" }
    details = folder.remarks() + readout + [folder.preparationLine(recipe, options)]
    (self.recipe, self.settings, path) = (recipe, settings, folder.path)
    (classNames, labelNames) = (folder.spokenClassNames, folder.classNames)
    (self.configuration, self.parameters) = (configuration, parameters)
  }

  /// How logits become probabilities: as in the loss of the run, where it is one of ours; else by softmax.
  public func likelihood(of folder: VisionFolder) -> Likelihood {
    folder.recipe != nil && recipe.loss.name == .binaryCrossEntropy ? .sigmoid : .softmax
  }

  /// Pictures → logits.
  public func logits(batchSize: Int = 64, maxBroken: Int = 100) -> ImageFunction {
    function(batchSize, maxBroken) { [task] in task.model($0, .evaluation) }
  }

  /// Pictures → what the classifier reads. Throws an `InputError` for a network that hands nothing out.
  public func features(batchSize: Int = 64, maxBroken: Int = 100) throws -> ImageFunction {
    function(
      batchSize, maxBroken,
      try task.model.readout(on: settings.device, at: path, cure: "use one of another family"))
  }

  private func function(_ batchSize: Int, _ maxBroken: Int, _ compute: @escaping (Tensor) -> Tensor) -> ImageFunction {
    ImageFunction(
      recipe.evaluationPipeline, batchSize: batchSize, workers: settings.imageWorkers, maxBroken: maxBroken,
      on: settings.device, compute)
  }
}

extension VisionModel {
  /// The function from normalised images to what the classifier reads. Throws an `InputError` at `place` for a network that
  /// hands nothing out.
  func readout(
    on device: Device, at place: String, cure: String, isUsage: Bool = false
  ) throws -> (Tensor) -> Tensor {
    let blank = Tensor([1, 3, imageSize, imageSize], filledWith: 0, on: device)
    guard Tape.withoutRecording({ features(blank, .evaluation) }) != nil else {
      throw InputError("such a network hands out no features", at: place, cure: cure, isUsage: isUsage)
    }
    return { self.features($0, .evaluation)! }
  }
}
