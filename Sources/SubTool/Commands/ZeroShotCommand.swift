import ClipSub
import SubCore
import SubData
import SubTrain
import VisionSub

/// `zero-shot`: classification by sentences, and retrieval, with a CLIP.
struct ZeroShotCommand: RankedCommand {
  static let name = "zero-shot"
  static let summary = "zero-shot classification and image-text retrieval with a CLIP"
  static let discussion =
    "Class folders (DIR/CLASS/…) give top-1 and top-5. Image-caption data give retrieval, and top-1 and top-5 where "
    + "their JSON names a label and --classes the classes. For a run, what its own evaluation used is used unless "
    + "something else is given: data, classes, templates, where captions are found, precision. --suite evaluates on all sets "
    + "of a suite that --data holds, each by its own protocol, and with names and templates of its own where the suite's "
    + "file says so; robustness is the sets of the paper's Table A.4. Class folders named by ImageNet's ids get its names."
  static let example = "masksub zero-shot --from models/clip --data imagenet/val --templates imagenet"
  static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the weights: a run, a folder or a file") var from: String
  @Option(
    "--data", value: "DIR|SHARDS|CSV", default: "a run's --val, else datasets/captions",
    "class folders, or images with captions")
  var data: String?
  @Option(
    "--model", value: "NAME|FILE", default: "what the weights say",
    "an open_clip name, for its activation, or a JSON file")
  var model: String?
  @Option("--batch-size", in: 1...65536, "images at once") var batch = 64
  var suite = SuiteOptions()
  var clipOptions = ClipOptions()
  var weights = WeightOptions()
  var preparation = PreparationOptions()
  var zeroShot = ZeroShotOptions()
  var captionOptions = CaptionDataOptions()
  var machine = MachineOptions(ofRuns: true)
  var ranks = RankOptions()
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    if let suite = suite.name {
      return try evaluate(suite: SuiteRun(suite, below: $data.isGiven ? data : nil, in: context), context)
    }
    for (name, value) in try evaluate(in: context).metrics { try context.console.print("\(name) \(value.fixed(4))") }
  }

  /// The figures.
  func evaluate(in context: ToolContext) throws -> Evaluation {
    let clip = try clip(context)
    let embedded = try embedded(context)
    let captions = try captionOptions.options(isTraining: false)
    let place = data ?? embedded?.validation ?? ""
    if data == nil { try context.sayEmbedded("captions of datasets/captions", option: "--data DIR|SHARDS|CSV") }
    let set = try ZeroShotData(place, captions)
    let classes = try zeroShot.classNames(embedded: embedded?.classes, of: set.classFolders, in: context)
    if zeroShot.classes == nil, embedded?.classes == nil, let folder = set.classFolders.first,
      let name = classes?.names.first
    {
      context.console.note(
        "the class folders are WordNet ids; the prompts use ImageNet's names for them, \(folder) is '\(name)' "
          + "(--classes FILE for others)")
    }
    var evaluation = try ZeroShotEvaluation(
      clip, on: set, classes: classes,
      at: zeroShot.classes.map { "--classes \($0)" } ?? "--data \(place)",
      templates: try zeroShot.promptTemplates(embedded: embedded?.templates), batchSize: batch,
      sharedBy: context.ranks)
    for line in clip.remarks + evaluation.details { context.console.note(line) }
    let figures = try evaluation()
    for remark in evaluation.remarks { context.console.note(remark) }
    return figures
  }

  private func clip(_ context: ToolContext) throws -> ClipRunModel {
    let settings = RunSettings(device: try machine.select(context.ranks), precision: machine.precision)
    return try ClipModality.model(
      ClipModelChoice(
        from: from, name: model, vocabulary: clipOptions.vocabulary, hints: weights.hints(nil, clipOptions)),
      preparing: preparation, settings, in: context)
  }

  /// All sets of a suite; what a set's file does not say is what the options say.
  private func evaluate(suite: SuiteRun, _ context: ToolContext) throws {
    let evaluation = try SuiteEvaluation(suite.suite, below: suite.root)
    /// What a set's own file calls its classes, else the options, else ImageNet.
    func names(of pictures: EvaluationSuite.Pictures) throws -> [String]? {
      try pictures.spokenNames ?? zeroShot.classNames(embedded: nil, of: pictures.classNames, in: context)?.names
    }
    for set in evaluation.found where set.pictures.spokenNames == nil {
      let spoken = try names(of: set.pictures)
      guard let spoken, spoken.count == set.pictures.classNames.count else {
        throw InputError(
          spoken.map { "\($0.count) class names for \(set.pictures.classNames.count) classes" }
            ?? "nothing says what the \(set.pictures.classNames.count) classes are called", at: set.path,
          cure:
            "give a name a line in the order of \(set.pictures.classNames.prefix(3).joined(separator: ", ")), … with "
            + "--classes, or 'names' in the suite's file", isUsage: spoken == nil)
      }
    }
    let clip = try clip(context)
    for line in clip.remarks { context.console.note(line) }
    var made: (names: [String], templates: PromptTemplates, logits: ImageFunction)?
    try suite.print(evaluation, in: context) { pictures in
      let own = try names(of: pictures) ?? []
      let templates = try zeroShot.promptTemplates(embedded: nil, unless: pictures.templates)
      if let made, made.names == own, made.templates == templates { return made.logits }
      let classifier = ZeroShotClassifier(
        clip.model, clip.tokenizer, ClassNames(own), templates, on: clip.parameters.arena.device)
      let logits = clip.logits(classifier, batchSize: batch, workers: Processor.threads)
      made = (own, templates, logits)
      return logits
    }
  }

  /// The embedded captions where they are evaluated, or gave a run whose data these are its classes and templates.
  private func embedded(_ context: ToolContext) throws -> EmbeddedCaptions? {
    let run = try RunFolder.around(from)?.configuration()
    let trained = run?["command"]?.string == ClipPretrainCommand.name ? run?["data"]?.string : nil
    if data == nil, let trained {
      throw InputError(
        "the run on \(trained) has no evaluation data", at: from, cure: "add --data", isUsage: true)
    }
    let isRunsOwn = run != nil && trained == nil && !$data.isGiven
    return data == nil || isRunsOwn ? try EmbeddedCaptions(context) : nil
  }
}

extension ZeroShotCommand: LineBasis {
  func earlier(for command: any Command.Type) throws -> EarlierLine? {
    // The sets of a suite are none of the run's data.
    guard $from.isGiven, suite.name == nil else { return nil }
    let same = [
      "--classes", "--templates", "--text-key", "--json-text-key", "--image-key", "--csv-img-key", "--csv-caption-key",
      "--csv-separator", "--max-faults", "--precision",
    ]
    return try EarlierLine(of: from, [("--data", ["--val"])] + same.map { ($0, [$0]) })
  }
}
