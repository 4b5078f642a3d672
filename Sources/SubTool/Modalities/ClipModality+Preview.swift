import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import VisionSub

extension ClipModality {
  /// The network whose inputs a contrastive recipe's preview shows; nil for other recipes.
  private func network(of recipe: String) -> ClipConfig? {
    switch recipe {
    case ClipRecipe().name: ClipConfig()
    case ClipRecipe.fromScratch.name: ClipRecipe.smallNetwork(vocabulary: 1)
    default: nil
    }
  }

  /// Images with captions: as evaluated, as the main branch sees them, and as the sub-branch does.
  func preview(_ command: PreviewCommand, in context: ToolContext) throws -> Bool {
    guard let config = network(of: command.recipe) else { return false }
    let recipe = try ClipRecipe().with(command.settings(), note: context.console.note)
    let place = try command.data ?? EmbeddedCaptions(context).train
    // As much is shown as can be.
    let set = try CaptionSet(place, options: CaptionOptions(faults: CaptionFaults.Limit(count: .max)))
    var stream = try CaptionStream(set, order: CaptionOrder(seed: command.seed, repeats: false))
    let side = config.image.size
    let cells = MaskGrid(side: side / config.image.patch, pixels: config.image.patch)
    let (evaluated, trained) = (ImagePreparation.clip.pipeline(size: side), ImagePipeline.clipTraining(size: side))
    let masking = Masking(ratio: command.ratio ?? recipe.method.ratio, selection: recipe.method.masking)
    try Masking.check(ratio: masking.ratio, patches: cells.count, at: "--ratio")
    let kept = masking.kept(
      rows: command.count, count: cells.count, RandomKey(seed: command.seed).fold("mask"))
    var sheet = PictureSheet(columns: 3, side: side)
    sheet.title = "\(command.recipe), \(side) pixels, image and caption"
    sheet.headings = ["as evaluated", "main branch", "sub-branch"]
    let mean = trained.normalization.fill
    sheet.legend = [masking.legend(of: cells, .removed, mean: mean)]
    var shown = 0
    while shown < command.count, let pair = try stream.next() {
      let (plain, seen): (RGBImage, RGBImage)
      do {
        let bytes = try pair.imageBytes()
        plain = try evaluated.image(bytes, name: pair.name, key: RandomKey(seed: 0)).0
        seen = try trained.image(bytes, name: pair.name, key: RandomKey(seed: command.seed).fold(shown)).0
      } catch {
        try stream.faults.record(CaptionFault(brokenImage: pair.name, error))
        continue
      }
      sheet.add(plain, caption: pair.caption)
      sheet.add(seen, caption: "")
      sheet.add(
        HiddenCells.removed.hiding(seen, keeping: kept[shown], cells: cells, scale: sheet.scale, mean: mean),
        caption: "\(kept[shown].count) of \(cells.count) patches stay")
      let words = pair.caption.split(whereSeparator: \.isWhitespace)
      try context.console.print("\(pair.name)  \(words.joined(separator: " "))")
      shown += 1
    }
    let skipped = stream.faults.summary
    if !skipped.isEmpty { context.console.note("skipped: \(skipped)") }
    guard shown > 0 else {
      throw InputError("no image could be read: \(skipped)", at: place, cure: "repair the data")
    }
    try AtomicFile.write(sheet.picture().pngData(), to: command.output)
    try context.console.print("\(shown) images in \(command.output)")
    return true
  }
}
