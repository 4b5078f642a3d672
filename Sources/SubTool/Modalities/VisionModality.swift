import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

/// Labelled images: the families of VisionSub.
struct VisionModality: Modality {
  let recipes = VisionRecipe.book.map(\.page)
  let commands = [TrainCommand.name, FinetuneCommand.name]
  let families: [any ModelFamily] = VisionFamilies.all
  let workloads: [Workload] = [.vitSmall, .vitBase, .swinTiny, .resnet50]
  let dataWorkloads = ImageWorkload.all
  let modelNames = VisionFamilies.names
  /// The recipe of a run that names none and starts from no weights.
  static let smallRecipe = "shapes-tiny"

  func trace(
    _ command: TraceCommand, on device: Device, note: (String) -> Void
  ) throws -> [(name: String, array: HostArray)]? {
    guard let name = command.model else { return nil }
    guard VisionFamilies.configuration(named: name) != nil else {
      let names = Modalities.all.flatMap(\.modelNames)
      throw InputError(
        "there is no model '\(name)'", at: "--model",
        cure: Suggestion.cure(for: name, in: names, else: "use one of \(names.joined(separator: ", "))"), isUsage: true)
    }
    return try VisionTrace.run(
      model: name, weights: TensorFile.open(command.from), batch: TensorFile.open(command.batch),
      ratio: command.ratio(.image), objective: command.loss == .bce ? .binaryCrossEntropy : .crossEntropy,
      method: command.method.type, precision: command.machine.precision, on: device, note: note)
  }

  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? {
    let settings = RunSettings(
      device: try command.machine.select(context.ranks), precision: command.machine.precision,
      workers: command.images.workers,
      ranks: context.ranks)
    let source = try VisionFolder(command.from, command.hints)
    let images = try images(command, of: run, source.classNames, in: context)
    let evaluation = try VisionEvaluation(
      source, on: images, preparing: command.preparation.told(), batchSize: command.batch,
      maxBroken: command.images.maxBroken,
      settings)
    if command.data == nil { try context.sayEmbedded("images of datasets/shapes", option: "--data DIR") }
    for remark in images.remarks { context.console.note(remark) }
    for line in [evaluation.title] + evaluation.details { context.console.note(line) }
    let result = try evaluation()
    for remark in evaluation.remarks { context.console.note(remark) }
    return result
  }

  /// What is evaluated on: the data that are named, or the run's own, of which it may have held out a share.
  private func images(
    _ command: EvalCommand, of run: JSON?, _ classNames: [String]?, in context: ToolContext
  ) throws -> any ImageSource {
    let place = try command.data ?? context.home.file("datasets/shapes")
    let columns = try command.table.columns(image: command.images.image)
    if !command.$data.isGiven, run?["validation"]?.string == nil, let split = run?["split"].map(SampleSplit.init(run:)),
      split.fraction > 0,
      let held = try VisionData(place, order: command.images.classOrder, columns: columns, split: split).validation
    {
      context.console.note("evaluated on what the run held out of \(place)")
      return held
    }
    return try VisionData.evaluation(place, classNames: classNames, order: command.images.classOrder, columns: columns)
  }
}
