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

  func trace(_ command: TraceCommand, on device: Device) throws -> [(name: String, array: HostArray)]? {
    guard let name = command.model, name.hasSuffix(".json") || modelNames.contains(name) else { return nil }
    try command.refuseLoss(of: "CLIP has one loss")
    return try ClipTrace.run(
      name.hasSuffix(".json") ? ClipConfig(JSON.read(name), place: name) : nil,
      ClipConfig(named: name)?.activation ?? .gelu, weights: TensorFile.open(command.from),
      batch: TensorFile.open(command.batch), method: command.method.type, ratio: command.ratio(.image),
      precision: command.machine.precision, on: device)
  }
}
