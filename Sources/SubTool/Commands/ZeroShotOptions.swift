import ClipSub
import SubCore
import SubData
import SubNN

/// What a zero-shot evaluation asks about: classes and the sentences around them.
struct ZeroShotOptions: OptionGroup {
  static let title = "Zero-shot"
  @Option(
    "--classes", value: "FILE", default: "the data's own",
    "class names in label order, one per line; or imagenet's folder names via --data DIR; or cifar10")
  var classes: String?
  @Option(
    "--templates", value: "FILE", default: "the data's own, else imagenet",
    "prompts with {} for the class, one per line; or imagenet, simple, cifar10, photo")
  var templates: String?

  /// The classes named, else those of a file that comes with the data; nil: none.
  func classNames(embedded: String?) throws -> ClassNames? {
    if classes == "cifar10" { return .cifar10 }
    return try (classes ?? embedded).map { try ClassNames(file: $0) }
  }

  /// The templates named, else those of a file that comes with the data, else ImageNet's.
  func promptTemplates(embedded: String?) throws -> PromptTemplates {
    if let templates, let known = PromptTemplates.named(templates) { return known }
    return try (templates ?? embedded).map { try PromptTemplates(file: $0) } ?? .imageNet
  }
}

/// The embedded captions.
struct EmbeddedCaptions {
  let train, validation, classes, templates, merges: String

  init(_ context: ToolContext) throws {
    let folder = try context.home.file("datasets/captions")
    train = "\(folder)/train-{0000..0003}.tar.gz"
    validation = "\(folder)/val-0000.tar.gz"
    classes = "\(folder)/classes.txt"
    templates = "\(folder)/templates.txt"
    merges = try context.home.file("tokenizers/captions-bpe/merges.txt")
  }
}

/// Zero-shot accuracy and retrieval of a model on image-caption data, again and again.
struct CaptionEvaluation {
  let model: ClipModel
  let set: CaptionSet
  let classes: ClassNames?
  let templates: PromptTemplates
  let batchSize, threads: Int
  let device: Device

  /// All figures in order, by open_clip's names.
  func callAsFunction(masking: Masking?) throws -> (metrics: [(name: String, value: Double)], loss: Double, masked: Double?) {
    let batches = CaptionBatches(
      try CaptionStream(set, order: .evaluation), tokenizer: model.tokenizer,
      pipeline: .clipEvaluation(size: model.config.image.size), batchSize: batchSize,
      contextLength: model.config.text.contextLength, key: RandomKey(seed: 0), dropsLast: false, threads: threads)
    let evaluator = ClipEvaluator(model.model, on: device)
    let features = try evaluator.features(batches, masking: masking)
    var metrics: [(name: String, value: Double)] = []
    if let classes, features.labels.contains(where: { $0 != nil }) {
      let classifier = ZeroShotClassifier(model.model, model.tokenizer, classes, templates, on: device)
      if let accuracy = evaluator.accuracy(features, classifier) {
        metrics = [("zeroshot_top1", accuracy.top1), ("zeroshot_top5", accuracy.top5)]
      }
    }
    return (metrics + evaluator.retrieval(features).named, features.loss, features.maskedLoss)
  }
}
