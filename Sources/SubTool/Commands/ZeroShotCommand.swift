import ClipSub
import SubCore
import SubData
import SubTrain

/// `zero-shot`: classification by sentences, and retrieval, with a CLIP.
package struct ZeroShotCommand: Command {
  package static let name = "zero-shot"
  package static let summary = "zero-shot classification and image-text retrieval with a CLIP"
  package static let discussion =
    "Class folders (DIR/CLASS/…) give top-1 and top-5. Image-caption data give retrieval, and top-1 and top-5 where "
    + "their JSON names a label and --classes the classes."
  package static let example = "masksub zero-shot --from models/clip --data imagenet/val --templates imagenet"
  package static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the weights: a run, a folder or a file") var from: String
  @Option("--data", value: "DIR|SHARDS|CSV", default: "datasets/captions", "class folders, or images with captions")
  var data: String?
  @Option("--model", value: "NAME", default: "what the weights say", "an open_clip name, for its activation")
  var model: String?
  @Option("--vocab", value: "FILE", default: "the one beside the weights, else CLIP's own", "a merges file")
  var vocabulary: String?
  @Option("--batch", in: 1...65536, "images at once") var batch = 64
  var zeroShot = ZeroShotOptions()
  var machine = MachineOptions()

  package init() {}

  package func run(in context: ToolContext) throws {
    let device = try machine.select()
    let clip = try ClipModel(
      from: from, name: model, vocabulary: vocabulary, standard: { try ClipModel.standardVocabulary(context) },
      seed: machine.seed, on: device)
    let metrics: [(name: String, value: Double)]
    if let data, let images = Self.classFolders(data) {
      metrics = try classify(images, clip, device)
    } else {
      let embedded = data == nil ? try EmbeddedCaptions(context) : nil
      let evaluation = CaptionEvaluation(
        model: clip, set: try CaptionSet(data ?? embedded!.validation, readsLabels: true),
        classes: try zeroShot.classNames(embedded: embedded?.classes),
        templates: try zeroShot.promptTemplates(embedded: embedded?.templates), batchSize: batch,
        threads: Processor.threads, device: device)
      metrics = try evaluation(masking: nil).metrics
    }
    for (name, value) in metrics { try context.console.print("\(name) \(value.fixed(4))") }
  }

  /// The pictures of a folder of classes, or of its validation split; nil where it is none, or has captions.
  private static func classFolders(_ path: String) -> ImageFolder? {
    guard FileSystem.kind(path) == .folder else { return nil }
    let folder = ImageFolder.splits(of: path).validation ?? path
    guard let images = try? ImageFolder(folder), let first = images.paths.first,
      let dot = first.lastIndex(of: "."), FileSystem.kind(first[..<dot] + ".txt") == .absent
    else { return nil }
    return images
  }

  private func classify(
    _ images: ImageFolder, _ clip: ClipModel, _ device: Device
  ) throws -> [(name: String, value: Double)] {
    let names =
      try zeroShot.classNames(embedded: nil) ?? ClassNames(images.classNames.map { $0.replacing("_", with: " ") })
    guard names.names.count == images.classNames.count else {
      throw InputError(
        "\(names.names.count) class names for \(images.classNames.count) class folders", at: zeroShot.classes ?? "--classes",
        cure: "give one name for each folder, in the order of their sorted names")
    }
    let classifier = ZeroShotClassifier(
      clip.model, clip.tokenizer, names, try zeroShot.promptTemplates(embedded: nil), on: device)
    let evaluator = ClipEvaluator(clip.model, on: device)
    let pipeline = ImagePipeline.clipEvaluation(size: clip.config.image.size)
    let (side, batch) = (clip.config.image.size, batch)
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
    let accuracy = ZeroShotAccuracy(scores: scores, classes: classifier.count, labels: images.labels)
    return [("zeroshot_top1", accuracy.top1), ("zeroshot_top5", accuracy.top5)]
  }
}
