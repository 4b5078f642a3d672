import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import TextSub
import VisionSub

/// `trace`: one training step, everything written out, for comparison with another implementation.
package struct TraceCommand: Command {
  package static let name = "trace"
  package static let summary = "one training step with every output and gradient written out"
  package static let discussion =
    "One step without dropout, stochastic depth, augmentation, clipping or update. Main and sub logits, losses and the "
    + "gradient of every parameter go to a safetensors file, in the weight file's own naming."
  package static let example =
    "masksub trace --config config.json --from model.safetensors --batch batch.safetensors --output out.safetensors"
  package static let section = CommandSection.look

  @Option("--model", value: "NAME", "a timm or open_clip name, or a CLIP's JSON file") var model: String?
  @Option("--config", value: "FILE", "a BERT config.json") var config: String?
  @Option("--from", value: "FILE", "the weights") var from: String
  @Option("--batch", value: "FILE", "the batch") var batch: String
  @Option("--output", value: "FILE", "where the result goes") var output: String
  @Option("--method", "how the step trains") var method = MethodName(MaskSub.self)
  @Option("--ratio", in: 0...0.999, default: "0.5 for images, 0.15 for text", "the share that is hidden")
  var ratio: Double?
  @Option("--loss", "the classification loss of a vision model") var loss: LossName?
  var machine = MachineOptions()

  /// The losses a vision trace can take.
  enum LossName: String, CaseIterable, OptionValue { case ce, bce }

  package init() {}

  package func run(in context: ToolContext) throws {
    let device = try machine.select()
    let weights = try TensorFile.open(from)
    let batch = try TensorFile.open(batch)
    let result: [(name: String, array: HostArray)]
    switch (config, model) {
    case (let config?, nil):
      try refuseLoss(of: "a BERT's loss follows from its labels")
      result = try TextTrace.run(
        BERTConfig(JSON.read(config), place: config), weights: weights, batch: batch, method: method.type,
        ratio: ratio(.text), on: device)
    case (nil, let name?) where name.hasSuffix(".json") || ClipConfig.names.contains(name):
      try refuseLoss(of: "CLIP has one loss")
      let isFile = name.hasSuffix(".json")
      result = try ClipTrace.run(
        isFile ? ClipConfig(JSON.read(name), place: name) : nil, ClipConfig(named: name)?.activation ?? .gelu,
        weights: weights, batch: batch, method: method.type, ratio: ratio(.image), on: device)
    case (nil, let name?):
      guard VisionFamilies.configuration(named: name) != nil else {
        let names = VisionFamilies.names + ClipConfig.names
        throw InputError(
          "there is no model '\(name)'", at: "--model",
          cure: Suggestion.nearest(to: name, in: names).map { "did you mean '\($0)'?" }
            ?? "use one of \(names.joined(separator: ", "))", isUsage: true)
      }
      result = try VisionTrace.run(
        model: name, weights: weights, batch: batch, ratio: ratio(.image),
        objective: loss == .bce ? .binaryCrossEntropy : .crossEntropy(), method: method.type, on: device)
    default:
      throw InputError(
        "exactly one of --model and --config is needed", at: "masksub trace",
        cure: "give --config for a BERT, --model for a vision model or a CLIP", isUsage: true)
    }
    try Safetensors.write(result, to: output)
    let losses = result.filter { $0.name.hasPrefix("loss") }.map { "\($0.name) \($0.array.floats()[0])" }
    try context.console.print(losses.joined(separator: "  ") + "  \(result.count) tensors in \(output)")
  }

  private func ratio(_ basis: RatioBasis) -> Double { ratio ?? method.type.ratio?.standard(basis) ?? 0 }

  private func refuseLoss(of reason: String) throws {
    guard loss != nil else { return }
    throw InputError(
      "--loss is for classifiers of images", at: "--loss", cure: "leave it out; \(reason)", isUsage: true)
  }
}
