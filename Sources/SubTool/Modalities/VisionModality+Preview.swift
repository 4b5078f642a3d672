import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

extension VisionModality {
  /// Labelled images: as evaluated, as the main branch sees them, and as the sub-branch does.
  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool {
    let recipe = try VisionRecipe.named(command.recipe).with(command.settings(), note: context.console.note)
    let source = try VisionData(command.data ?? context.home.file("datasets/shapes")).train
    let config = try recipe.configuration(classes: source.classNames.count)
    let cells = config.cells
    let masking = Masking(ratio: command.ratio ?? recipe.method.ratio, selection: recipe.method.masking)
    try Masking.check(ratio: masking.ratio, patches: cells.count, at: "--ratio")
    let pipeline = try recipe.trainingPipeline()
    // The few pictures are one part of a batch.
    var mixing = recipe.mixing
    mixing?.parts = 1
    let batches = ImageBatches(
      source: source,
      sampler: ImageSampler(
        count: source.count, batchSize: min(command.count, source.count), seed: command.seed,
        repeats: recipe.augment.repeats,
        dropsLast: false),
      pipeline: pipeline, mixing: mixing)
    let batch = try batches.batch(0)
    let kept = masking.kept(rows: batch.count, count: cells.count, RandomKey(seed: command.seed).fold("mask"))
    let side = pipeline.size
    var sheet = PictureSheet(columns: 3, side: side)
    sheet.title = "\(command.recipe), \(side) pixels: \(config.summary)"
    sheet.headings = ["as evaluated", "main branch", "sub-branch"]
    let mean = pipeline.normalization.fill
    sheet.legend = [masking.legend(of: cells, config.hiddenCells, mean: mean), Self.labels(recipe)]
    let pixels = Tensor(batch.pixels, on: .cpu).floats()
    let targets = recipe.targets(of: batch, classes: source.classNames.count).floats()
    for row in 0..<batch.count {
      let planes = Array(pixels[(row * 3 * side * side)..<((row + 1) * 3 * side * side)])
      let seen = pipeline.normalization.image(planes: planes, width: side, height: side)
      let shares = targets[(row * source.classNames.count)..<((row + 1) * source.classNames.count)]
      let label = Self.label(Array(shares), source.classNames)
      sheet.add(
        try recipe.evaluationPipeline.image(source.image(at: batch.indices[row]), key: RandomKey(seed: 0)).image,
        caption: source.classNames[batch.labels[row]])
      sheet.add(seen, caption: label)
      sheet.add(
        config.hiddenCells.hiding(seen, keeping: kept[row], cells: cells, scale: sheet.scale, mean: mean),
        caption: "\(kept[row].count) of \(cells.count) patches stay")
      try context.console.print("\(source.name(of: batch.indices[row]))  \(label)")
    }
    try AtomicFile.write(sheet.picture().pngData(), to: command.output)
    try context.console.print("\(batch.count) images in \(command.output)")
    return true
  }

  /// What the loss is told of an image, largest first: `0.7 cat, 0.3 dog`; what smoothing gives to all others alike in a
  /// word.
  static func label(_ shares: [Float], _ names: [String]) -> String {
    let least = shares.min() ?? 0
    func text(_ share: Float) -> String {
      let digits = share < 0.1 ? 1e6 : 1e2
      let rounded = (Double(share) * digits).rounded() / digits
      return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
    let own = zip(shares, names).filter { $0.0 > least }.sorted { $0.0 > $1.0 }
    let others = own.count < names.count && least > 0 ? ["\(text(least)) each other"] : []
    return (own.map { "\(text($0.0)) \($0.1)" } + others).joined(separator: ", ")
  }

  /// What the labels in the middle are.
  private static func labels(_ recipe: VisionRecipe) -> (sample: RGBImage, meaning: String) {
    let smoothed = recipe.loss.smoothing > 0 ? ", smoothed by \(recipe.loss.smoothing)" : ""
    let mixed = !recipe.augment.mixes ? "" : recipe.loss.binarizes ? ", mixed and binarized" : ", mixed"
    return (
      RGBImage(width: 32, height: 16, color: [255, 255, 255]),
      "under the main branch's images: the labels of its loss (\(recipe.loss.name.rawValue)\(mixed)\(smoothed))"
    )
  }
}

extension Masking {
  /// What is to be seen of the cells that it hides.
  func legend(of cells: MaskGrid, _ hidden: HiddenCells, mean: [UInt8]) -> (sample: RGBImage, meaning: String) {
    let chosen = selection == .block ? "in blocks" : "each on its own"
    return (
      hidden.sample(mean: mean),
      "hidden from the sub-branch: \(cells.count - keptCount(of: cells.count)) of \(cells.count) patches of "
        + "\(cells.pixels) pixels, \(chosen); \(hidden.meaning)"
    )
  }
}
