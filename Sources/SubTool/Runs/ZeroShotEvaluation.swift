import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain

/// What a zero-shot evaluation looks at.
enum ZeroShotData {
  /// Pictures in class folders: top-1 and top-5.
  case classes(ImageFolder)
  /// Images with captions: retrieval, and top-1 and top-5 of those whose JSON names a label.
  case captions(CaptionSet)

  /// A folder of classes, of one below a `val` split, or image-caption data.
  init(_ path: String, _ options: CaptionOptions) throws {
    if let images = Self.classFolders(path, options) {
      self = .classes(images)
    } else {
      self = .captions(try CaptionSet(path, options: options, readsLabels: true))
    }
  }

  /// The pictures of a folder of classes, or of its validation split; nil where it is none, or has captions.
  private static func classFolders(_ path: String, _ options: CaptionOptions) -> ImageFolder? {
    guard FileSystem.kind(path) == .folder else { return nil }
    let folder = ImageFolder.splits(of: path).validation ?? path
    guard let images = try? ImageFolder(folder), let first = images.paths.first, let dot = first.lastIndex(of: "."),
      ["." + options.textEnding, options.jsonFields.isEmpty ? "" : ".json"].allSatisfy({ ending in
        ending.isEmpty || FileSystem.kind(first[..<dot] + ending) == .absent
      })
    else { return nil }
    return images
  }
}

/// Zero-shot accuracy and retrieval of a model, as often as they are asked for.
struct ZeroShotEvaluation {
  private let clip: ClipModel
  private let data: ZeroShotData
  private let classes: ClassNames?
  private let templates: PromptTemplates
  private let batchSize: Int
  private let device: Device
  /// What was left out of image-caption data; set by the evaluation.
  private(set) var skipped = ""

  /// An evaluation of a model; `classes` in label order. Throws where names do not fit the class folders.
  init(
    _ clip: ClipModel, on data: ZeroShotData, classes: ClassNames?, classesPlace: String, templates: PromptTemplates,
    batchSize: Int, device: Device
  ) throws {
    (self.clip, self.data, self.templates, self.batchSize, self.device) = (clip, data, templates, batchSize, device)
    guard case .classes(let images) = data else {
      self.classes = classes
      return
    }
    let names = classes ?? ClassNames(images.classNames.map { $0.replacing("_", with: " ") })
    guard names.names.count == images.classNames.count else {
      throw InputError(
        "\(names.names.count) class names for \(images.classNames.count) class folders", at: classesPlace,
        cure: "give one name for each folder, in the order of their sorted names")
    }
    self.classes = names
  }

  /// All figures in order, by open_clip's names, and for image-caption data the contrastive loss.
  mutating func callAsFunction(masking: Masking? = nil) throws -> Evaluation {
    switch data {
    case .classes(let images): Evaluation(metrics: try classify(images))
    case .captions(let set): try pairs(set, masking)
    }
  }

  private mutating func pairs(_ set: CaptionSet, _ masking: Masking?) throws -> Evaluation {
    let batches = CaptionBatches(
      try CaptionStream(set, order: .evaluation), tokenizer: clip.tokenizer,
      pipeline: .clipEvaluation(size: clip.config.image.size), batchSize: batchSize,
      contextLength: clip.config.text.contextLength, key: RandomKey(seed: 0), dropsLast: false,
      threads: Processor.threads)
    let evaluator = ClipEvaluator(clip.model, on: device)
    let features = try evaluator.features(batches, masking: masking)
    skipped = batches.faults.summary
    guard features.count > 0 else {
      throw InputError(
        "no pair could be evaluated" + (skipped.isEmpty ? "" : ": \(skipped)"), at: set.source, cure: "repair the data")
    }
    var metrics: [(name: String, value: Double)] = []
    if let classes, let most = features.labels.compactMap({ $0 }).max() {
      guard most < classes.names.count else {
        throw InputError(
          "the data has label \(most), there are \(classes.names.count) class names", at: set.source,
          cure: "give the names of all classes, in label order from 0, with --classes")
      }
      let classifier = ZeroShotClassifier(clip.model, clip.tokenizer, classes, templates, on: device)
      if let accuracy = evaluator.accuracy(features, classifier) { metrics = accuracy.named }
    }
    return Evaluation(
      metrics: metrics + evaluator.retrieval(features).named, loss: features.loss, maskedLoss: features.maskedLoss)
  }

  private func classify(_ images: ImageFolder) throws -> [(name: String, value: Double)] {
    let classifier = ZeroShotClassifier(
      clip.model, clip.tokenizer, classes ?? ClassNames(images.classNames), templates, on: device)
    let evaluator = ClipEvaluator(clip.model, on: device)
    let (side, batch) = (clip.config.image.size, batchSize)
    let pipeline = ImagePipeline.clipEvaluation(size: side)
    let loader = Loader(0..<(images.count + batch - 1) / batch, workers: Processor.threads) { number in
      let range = number * batch..<min(images.count, (number + 1) * batch)
      let pictures = try range.map { index in
        guard case .file(let bytes, let name) = try images.image(at: index) else { preconditionFailure("ImageFolder") }
        return try pipeline.tensor(bytes, name: name, key: RandomKey(seed: 0))
      }
      let each = 3 * side * side * 4
      let buffer = HostBuffer(byteCount: range.count * each) { memory in
        for (index, picture) in pictures.enumerated() {
          picture.withBytes { UnsafeMutableRawBufferPointer(rebasing: memory[(index * each)...]).copyMemory(from: $0) }
        }
      }
      return HostArray(dtype: .f32, shape: [range.count, 3, side, side], buffer: buffer)
    }
    var scores: [Float] = []
    while let pictures = try loader.next() {
      try Interruption.check()
      scores += classifier.scores(evaluator.imageFeatures(pictures))
    }
    return ZeroShotAccuracy(scores: scores, classes: classifier.count, labels: images.labels).named
  }
}

extension ZeroShotAccuracy {
  /// The figures by open_clip's names.
  fileprivate var named: [(name: String, value: Double)] { [("zeroshot_top1", top1), ("zeroshot_top5", top5)] }
}
