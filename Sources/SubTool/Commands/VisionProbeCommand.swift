import SubCore
import SubData
import SubTrain
import VisionSub

/// `finetune --probe`.
struct VisionProbeCommand {
  let from: String?
  let hints: WeightHints
  let options: ProbeOptions
  let images: VisionOptions
  let table: TableOptions
  let samples: SplitOptions
  let output: String?
  let seed: Int
  let machine: MachineOptions

  func run(in context: ToolContext) throws {
    try context.refuseRanks("a linear probe is fitted", at: "--probe")
    guard let from else {
      throw InputError("no weights are given to probe", at: "--probe", cure: "add --from FILE", isUsage: true)
    }
    let settings = RunSettings(
      seed: seed, device: try machine.select(), precision: machine.precision, workers: images.workers)
    let place = output ?? FileSystem.join("runs", "probe-\(WallClock.fileStamp())")
    guard FileSystem.kind(place) == .absent else {
      throw InputError("there is something there already", at: place, cure: "choose another --output", isUsage: true)
    }
    let data = try VisionData(
      images.data ?? context.home.file("datasets/shapes"), validation: images.validation, order: images.classOrder,
      columns: table.columns(image: images.image), split: samples.split(standard: 0))
    if images.data == nil { try context.sayEmbedded("images of datasets/shapes", option: "--data DIR") }
    let probe = try VisionProbe(VisionFolder(from, hints), on: data, maxBroken: images.maxBroken, settings)
    for line in [probe.title] + probe.details { context.console.note(line) }
    let result = try probe(strength: options.strength, note: context.console.note)
    if let file = options.features { try Safetensors.write(result.tensors, metadata: [], to: file) }
    try AtomicFolder.write(to: place) { folder in
      try probe.write(to: folder)
      var summary = RunSummary(command: "finetune", task: "probe", method: "probe", seed: seed)
      (summary.metrics, summary.seconds) = (result.evaluation.metrics, result.featureSeconds + result.fitSeconds)
      try AtomicFile.write(summary.json.text(indent: 2) + "\n", to: FileSystem.join(folder, "summary.json"))
    }
    context.console.note(
      "features in \(result.featureSeconds.fixed(1)) s, \(max(1, result.tried.count + 1)) fits in "
        + "\(result.fitSeconds.fixed(1)) s")
    try context.console.print("C \(result.head.strength.fixed(6))")
    for (name, value) in result.evaluation.metrics { try context.console.print("\(name) \(value.fixed(4))") }
    try context.console.print("model \(place)")
  }
}
