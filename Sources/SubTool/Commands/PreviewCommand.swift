import SubCore
import SubData
import SubNN
import SubTrain
import TextSub
import VisionSub

/// `preview`: training inputs as the model will see them.
package struct PreviewCommand: Command {
  package static let name = "preview"
  package static let summary = "a picture of augmented and masked inputs, as the model will see them"
  package static let discussion =
    "Each row is an image as it is evaluated, as the main branch sees it (augmented, mixed, erased) and as the "
    + "sub-branch sees it (what is hidden is grey), with its label. With --recipe clip they come from image-caption "
    + "data. With --task, sentences are printed with their tokens and masks."
  package static let example = "masksub preview --data imagenet --recipe deit3-s-400 --output preview.png"
  package static let section = CommandSection.look

  @Option("--data", value: "DIR", default: "the embedded samples", "images, or the task's folder") var data: String?
  @Option("--recipe", value: "NAME", "the vision recipe, or clip or clip-small") var recipe = "shapes-tiny"
  @Option("--task", "a GLUE task, to look at text") var task: GLUETask?
  @Option("--from", value: "FOLDER", default: "tokenizers/acceptability", "the text model whose tokenizer is used")
  var from: String?
  @Option("--count", in: 1...256, "how many") var count = 8
  @Option("--ratio", in: 0...0.999, default: "0.5 for images, 0.15 for text", "the share that is hidden")
  var ratio: Double?
  @Option("--seed", "fixes everything random") var seed = 0
  @Option("--output", value: "FILE", "where the picture goes") var output = "preview.png"
  @Option("--set", "a hyper-parameter of the recipe; masksub recipes show NAME lists them") var settings: [Setting] = []

  package init() {}

  package func run(in context: ToolContext) throws {
    if data == nil { try context.sayEmbedded("samples in datasets/", option: "--data DIR") }
    if let task {
      try previewText(task, context)
    } else if let contrastive {
      try previewCaptions(contrastive, context)
    } else {
      try previewImages(context)
    }
  }

  private func previewImages(_ context: ToolContext) throws {
    let recipe = try VisionRecipe.named(recipe).with(settings.map { ($0.key, $0.value) }, note: context.console.note)
    let source = try VisionData(data ?? context.home.file("datasets/shapes")).train
    let config = try recipe.configuration(classes: source.classNames.count)
    let cells = config.cells
    let masking = Masking(ratio: ratio ?? recipe.method.ratio, selection: recipe.method.masking)
    try Masking.check(ratio: masking.ratio, patches: cells.count, at: "--ratio")
    let pipeline = try recipe.trainingPipeline()
    let batches = ImageBatches(
      source: source,
      sampler: ImageSampler(
        count: source.count, batchSize: min(count, source.count), seed: seed, repeats: recipe.augment.repeats,
        dropsLast: false),
      pipeline: pipeline, mixing: recipe.mixing)
    let batch = try batches.batch(0)
    let kept = masking.kept(rows: batch.count, count: cells.count, RandomKey(seed: seed).fold("mask"))
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
        Self.masked(seen, kept: Set(kept[row]), patch: cells.pixels, grid: cells.side),
        caption: "\(kept[row].count) of \(cells.count) \(masking.selection.rawValue)")
      try context.console.print("\(source.name(of: batch.indices[row]))  \(label)")
    }
    try AtomicFile.write(sheet.picture().pngData(), to: output)
    try context.console.print("\(batch.count) images in \(output)")
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

  /// The picture with every patch grey that is not kept.
  static func masked(_ picture: RGBImage, kept: Set<Int>, patch: Int, grid: Int) -> RGBImage {
    var pixels = picture.pixels
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let (row, column) = (y / patch, x / patch)
        // Pixels beyond the last whole patch are never seen.
        if row < grid, column < grid, kept.contains(row * grid + column) { continue }
        for channel in 0..<3 { pixels[(y * picture.width + x) * 3 + channel] = 128 }
      }
    }
    return RGBImage(width: picture.width, height: picture.height, pixels: pixels)
  }

  private func previewText(_ task: GLUETask, _ context: ToolContext) throws {
    let reader = try GLUEReader(task: task, data: data ?? context.home.data(of: task))
    let tokenizer = try WordPieceTokenizer(folder: from ?? context.home.file("tokenizers/acceptability"))
    let masking = Masking(ratio: ratio ?? GLUERecipe(task).method.ratio)
    for (number, example) in try reader.read(.train).examples.prefix(count).enumerated() {
      let encoding = tokenizer.encode(example.first, example.second, maxLength: GLUERecipe(task).data.maxLength)
      let hides = masking.masked(
        rows: 1, count: encoding.ids.count, RandomKey(seed: seed).fold("mask").fold(number))
      let ids = zip(encoding.ids, hides).map { $1 && !tokenizer.isSpecial($0) ? tokenizer.maskID : $0 }
      let words = { (ids: [Int32]) in tokenizer.tokens(of: ids).joined(separator: " ") }
      try context.console.print("label \(example.label.map { $0.description } ?? "none")")
      try context.console.print("  main  \(words(encoding.ids))")
      try context.console.print("  sub   \(words(ids))")
    }
  }
}
