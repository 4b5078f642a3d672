import SubCore
import SubData
import SubTrain

/// `trace`: one training step, everything written out, for comparison with another implementation.
struct TraceCommand: Command {
  static let name = "trace"
  static let summary = "one training step with every output and gradient written out"
  static let discussion =
    "One step without dropout, stochastic depth, augmentation, clipping or update. Main and sub logits, losses and the "
    + "gradient of every parameter go to a safetensors file, in the weight file's own naming. A run is its newest "
    + "checkpoint, with its own model, method, ratio, loss and precision unless others are given."
  static let example =
    "masksub trace --config config.json --from model.safetensors --batch batch.safetensors --output out.safetensors"
  static let section = CommandSection.look

  @Option("--model", value: "NAME", "a timm or open_clip name, or a CLIP's JSON file") var model: String?
  @Option("--config", value: "FILE", "a BERT config.json") var config: String?
  @Option("--from", value: "RUN|FILE", "the weights") var from: String
  @Option("--batch", value: "FILE", "the batch") var batch: String
  @Option("--output", value: "FILE", "where the result goes") var output: String
  @Option("--method", default: "the run's own, else masksub", "the training method")
  var method = MethodName(MaskSub.self)
  @Option(
    "--ratio", in: 0...0.999, default: "the run's own, else 0.5 for images, 0.15 for text", "the share that is hidden")
  var ratio: Double?
  @Option("--loss", "the classification loss of a vision model") var loss: LossName?
  @Flag("--statistics", "also writes the running statistics of batch-norm after the step, as after.NAME")
  var statistics: Bool
  var machine = MachineOptions(ofRuns: true)

  /// The losses a vision trace can take.
  enum LossName: String, CaseIterable, OptionValue { case ce, bce }
  var inputOptions = InputOptions()

  func run(in context: ToolContext) throws {
    let checkpoint = try Checkpoint.standing(for: from, note: context.console.note)
    defer { withExtendedLifetime(checkpoint) {} }
    if let run = RunFolder.around(from) { try follow(run, checkpoint.path, context) }
    from = checkpoint.path
    let device = try machine.select()
    guard (config == nil) != (model == nil) else {
      throw InputError(
        "exactly one of --model and --config is needed", at: "masksub trace",
        cure: "give --config for a BERT, --model for a vision model or a CLIP; a run needs neither", isUsage: true)
    }
    if let input = [from, batch, config, model].compactMap({ $0 }).first(where: { FileSystem.isSame($0, output) }) {
      throw InputError("this is an input, too", at: "--output \(input)", cure: "name another file", isUsage: true)
    }
    let result = try Interruption.endingAtOnce {
      try Modalities.first { try $0.trace(self, on: device, note: context.console.note) }
    }
    .filter { statistics || !$0.name.hasPrefix(Trace.afterwards) }
    try Safetensors.write(result, to: output)
    let losses = result.filter { $0.name.hasPrefix("loss") }.map { "\($0.name) \($0.array.floats()[0])" }
    try context.console.print(losses.joined(separator: "  ") + "  \(result.count) tensors in \(output)")
  }

  /// Takes what a run is where nothing else is said, and says what.
  private func follow(_ run: RunFolder, _ checkpoint: String, _ context: ToolContext) throws {
    let json = try run.configuration()
    if config == nil, model == nil {
      switch json["command"]?.string {
      case GlueCommand.name: config = FileSystem.join(checkpoint, "config.json")
      case ClipPretrainCommand.name: model = FileSystem.join(checkpoint, "open_clip_config.json")
      default: model = json["model"]?.string
      }
    }
    var taken: [String] = []
    if !$method.isGiven, let name = json["method"]?.string {
      method = MethodName(try Methods.named(name))
      taken.append("--method \(name)")
      if ratio == nil, let own = json["ratio"]?.double {
        ratio = own
        taken.append("--ratio \(own)")
      }
    }
    if loss == nil, let name = json["recipe"]?["loss"]?["name"]?.string, let own = LossName(rawValue: name) {
      loss = own
      taken.append("--loss \(name)")
    }
    if !machine.$precision.isGiven, let own = json["precision"]?.string.flatMap(Precision.init(rawValue:)) {
      machine.precision = own
      taken.append("--precision \(own)")
    }
    if !taken.isEmpty { context.console.note("as in the run: \(taken.joined(separator: " "))") }
  }

  /// The share that is hidden, or what the method's ratio is else.
  func ratio(_ basis: RatioBasis) -> Double { ratio ?? method.type.ratio?.standard(basis) ?? 0 }

  /// Throws where `--loss` was given to a model whose loss is no choice.
  func refuseLoss(of reason: String) throws {
    guard loss != nil else { return }
    throw InputError(
      "--loss is for classifiers of images", at: "--loss", cure: "leave it out; \(reason)", isUsage: true)
  }
}
