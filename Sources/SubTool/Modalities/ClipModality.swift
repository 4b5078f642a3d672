import ClipSub
import SubCore
import SubData
import SubTrain

/// Images with captions: CLIP.
struct ClipModality: Modality {
  let recipes = ClipRecipe.book.map(\.page)
  let commands = [ClipPretrainCommand.name]
  let families: [any ModelFamily] = [CLIPFamily()]
  let workloads: [Workload] = [.clipB32, .clipB32Short]
  let modelNames = ClipConfig.names

  /// A run of contrastive pretraining, as `zero-shot` evaluates it.
  func evaluate(_ command: EvalCommand, of run: JSON?, in context: ToolContext) throws -> Evaluation? {
    guard run?["command"]?.string == ClipPretrainCommand.name, command.task == nil else { return nil }
    let given = CommandForm(of: command).options.filter(\.isGiven)
    let arguments = given.flatMap { option in option.texts.map(option.argument) }
    let parsed = try CommandParser(ZeroShotCommand.self).parse(arguments)
    guard let zeroShot = parsed as? ZeroShotCommand else { return nil }
    context.sayFollowed(zeroShot)
    return try zeroShot.evaluate(in: context)
  }

  func trace(
    _ command: TraceCommand, on device: Device, note: (String) -> Void
  ) throws -> [(name: String, array: HostArray)]? {
    guard let name = command.model, name.hasSuffix(".json") || modelNames.contains(name) else { return nil }
    try command.refuseLoss(of: "CLIP has one loss")
    let folder = try ClipModelChoice.folder(command.from, name: name)
    return try ClipTrace.run(
      folder, batch: TensorFile.open(command.batch), method: command.method.type, ratio: command.ratio(.image),
      precision: command.machine.precision, on: device, note: note)
  }
}
