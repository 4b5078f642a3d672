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

  func trace(_ command: TraceCommand, on device: Device) throws -> [(name: String, array: HostArray)]? {
    guard let name = command.model else { return nil }
    guard VisionFamilies.configuration(named: name) != nil else {
      let names = Modalities.all.flatMap(\.modelNames)
      throw InputError(
        "there is no model '\(name)'", at: "--model",
        cure: Suggestion.nearest(to: name, in: names).map { "did you mean '\($0)'?" }
          ?? "use one of \(names.joined(separator: ", "))", isUsage: true)
    }
    return try VisionTrace.run(
      model: name, weights: TensorFile.open(command.from), batch: TensorFile.open(command.batch),
      ratio: command.ratio(.image), objective: command.loss == .bce ? .binaryCrossEntropy : .crossEntropy(),
      method: command.method.type, precision: command.machine.precision, on: device)
  }

  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? {
    let settings = RunSettings(
      device: command.machine.select(), precision: command.machine.precision, workers: command.workers)
    let source = try VisionFolder(command.from, command.hints)
    let images = try VisionData.evaluation(
      command.data ?? context.home.file("datasets/shapes"), classNames: source.classNames, order: command.classOrder,
      columns: command.table.columns(image: command.image))
    let evaluation = try VisionEvaluation(
      source, on: images, preparing: command.preparation.told(), batchSize: command.batch, maxBroken: command.maxBroken,
      settings)
    if command.data == nil { try context.sayEmbedded("images of datasets/shapes", option: "--data DIR") }
    for remark in images.remarks { context.console.note(remark) }
    for line in [evaluation.title] + evaluation.details { context.console.note(line) }
    let result = try evaluation()
    for remark in evaluation.remarks { context.console.note(remark) }
    return result
  }
}
