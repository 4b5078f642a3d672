import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

extension VisionModality {
  /// Labelled images: as evaluated, as the main branch sees them, and as the sub-branch does.
  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool {
    let recipe = try VisionRecipe.named(command.recipe).with(command.settingPairs, note: context.console.note)
    let source = try VisionData(command.data ?? context.home.file("datasets/shapes")).train
    let config = try recipe.configuration(classes: source.classNames.count)
    let cells = config.cells
    let masking = Masking(ratio: command.ratio ?? recipe.method.ratio, selection: recipe.method.masking)
    try Masking.check(ratio: masking.ratio, patches: cells.count, at: "--ratio")
    let pipeline = try recipe.trainingPipeline()
    let batches = ImageBatches(
      source: source,
      sampler: ImageSampler(
        count: source.count, batchSize: min(command.count, source.count), seed: command.seed,
        repeats: recipe.augment.repeats,
        dropsLast: false),
      pipeline: pipeline, mixing: recipe.mixing)
    let batch = try batches.batch(0)
    let kept = masking.kept(rows: batch.count, count: cells.count, RandomKey(seed: command.seed).fold("mask"))
    let side = pipeline.size
    var sheet = PictureSheet(columns: 3, side: side)
    let pixels = batch.images.floats()
    for row in 0..<batch.count {
      let planes = Array(pixels[(row * 3 * side * side)..<((row + 1) * 3 * side * side)])
      let seen = pipeline.normalization.image(planes: planes, width: side, height: side)
      let label = label(batch, row, source.classNames)
      let name = source.classNames[batch.labels[row]]
      sheet.add(try evaluated(source, batch.indices[row], recipe.evaluationPipeline), caption: name)
      sheet.add(seen, caption: label)
      sheet.add(
        seen.masked(keeping: kept[row], patch: cells.pixels, grid: cells.side),
        caption: "\(kept[row].count) of \(cells.count) \(masking.selection.rawValue)")
      try context.console.print("\(source.name(of: batch.indices[row]))  \(label)")
    }
    try AtomicFile.write(sheet.picture().pngData(), to: command.output)
    try context.console.print("\(batch.count) images in \(command.output)")
    return true
  }

  private func evaluated(_ source: any ImageSource, _ index: Int, _ pipeline: ImagePipeline) throws -> RGBImage {
    let key = RandomKey(seed: 0)
    return switch try source.image(at: index) {
    case .file(let bytes, let name): try pipeline.image(bytes, name: name, key: key).0
    case .pixels(let image): pipeline.image(image, key: key).0
    }
  }

  /// The class, or the classes of a mixed image with their shares.
  private func label(_ batch: ImageBatch, _ row: Int, _ names: [String]) -> String {
    guard let targets = batch.targets?.floats() else { return names[batch.labels[row]] }
    let own = targets[(row * names.count)..<((row + 1) * names.count)]
    let shares = zip(names, own).sorted { $0.1 > $1.1 }.prefix(2).filter { $0.1 >= 0.01 }
    return shares.map { "\($0.0) \(Int(($0.1 * 100).rounded()))%" }.joined(separator: " ")
  }
}
