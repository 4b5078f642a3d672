import SubCore
import SubData
import SubTrain

/// `eval`: what a trained model is worth.
struct EvalCommand: RankedCommand {
  static let name = "eval"
  static let summary = "evaluates a model: top-1 and top-5 (vision), the task's metrics (text)"
  static let discussion =
    "--from takes a run, a folder or a weight file. Runs of train and finetune are evaluated as they were in training, "
    + "with the average of weights where the recipe keeps one; other files as what lies beside them says (timm's "
    + "config.json, preprocessor_config.json, processor_config.json, open_clip_config.json), else as their family's recipe "
    + "does. The first lines say which, and what was guessed. Runs of glue, and BERT folders with --task, are evaluated on the task's "
    + "development split, runs of clip-pretrain as zero-shot does it. A run's own data and precision are used unless "
    + "others are given; for other models without --data the embedded samples. --suite robustness evaluates a classifier "
    + "of ImageNet's classes on the sets of the paper's Table A.4 that --data holds (ImageNet, V2, ReaL, A, R, ObjectNet, "
    + "SI-Score), each by its own protocol; the table's preparation is --crop-ratio 1. Another suite is a file in the form "
    + "of datasets/robustness/suite.json."
  static let example = "masksub eval --from runs/deit3-s --data imagenet"
  static let section = CommandSection.evaluate

  @Option("--from", value: "RUN|FILE", "the model") var from: String
  @Option(
    "--data", value: "DIR", default: "the run's own, else the embedded samples", "images, or the task's folder")
  var data: String?
  @Option("--task", default: "the run's own", "the GLUE task of a text model") var task: GLUETask?
  @Option("--batch-size", in: 1...65536, "samples of a batch") var batch = 64
  var suite = SuiteOptions()
  var images = ImageReadingOptions()
  var model = VisionModelOptions()
  var columns = TextColumnOptions()
  var table = TableOptions()
  var weights = WeightOptions()
  var preparation = PreparationOptions()
  var machine = MachineOptions(ofRuns: true)
  var ranks = RankOptions()
  var inputOptions = InputOptions()

  /// What the options say of the weights.
  var hints: WeightHints { weights.hints(model) }

  func run(in context: ToolContext) throws {
    if let suite = suite.name { return try VisionModality().evaluate(self, suite: suite, in: context) }
    let run = ModelOrigin(from).run
    let evaluation = try Modalities.first { try $0.evaluate(self, of: run, in: context) }
    for (name, value) in evaluation.metrics { try context.console.print("\(name) \(value.fixed(4))") }
    guard let loss = evaluation.loss else { return }
    try context.console.print("loss \(loss.fixed(4))")
    if !loss.isFinite { throw FiniteOutputs.error(at: from) }
  }
}

extension EvalCommand: LineBasis {
  func earlier(for command: any Command.Type) throws -> EarlierLine? {
    // The sets of a suite are none of the run's data.
    guard $from.isGiven, suite.name == nil else { return nil }
    let run = ModelOrigin(from).run
    let data: [(own: String, theirs: [String])]
    switch run?["command"]?.string {
    // What such a run says of data is said to zero-shot, which evaluates it.
    case ClipPretrainCommand.name: return nil
    // A table of one's own is opened as the run opened it, with what that held out.
    case GlueCommand.name where run?["table"]?.object != nil: data = []
    case GlueCommand.name: data = [("--data", ["--data"]), ("--task", ["--task"])]
    default:
      let same = ["--class-order", "--max-broken", "--workers", "--image", "--label", "--separator", "--quoting"]
      data = [("--data", ["--validation", "--data"])] + same.map { ($0, [$0]) }
    }
    return try EarlierLine(of: from, data + [("--precision", ["--precision"])])
  }
}
