import SubCore
import SubData
import SubTrain

/// What the names and shapes of a file's tensors say of the Swin transformer that they are.
struct SwinRecognition {
  private(set) var config = SwinConfig()
  /// Whether nobody tells how large images were.
  private(set) var guessesImageSize = false
  private let weights: Weights
  /// The side of every stage's windows, in tokens.
  private var windows: [Int] = []
  private static let cure = "use the weights of a Swin transformer"

  /// Images are as large as the user says, a file beside the weights or the tables, whichever comes first and has windows
  /// of these tables; else as a `variant` that was named has them, or as the relatives': one window fills the last stage.
  init(
    _ weights: Weights, like variant: SwinConfig? = nil, beside notes: ModelNotes = ModelNotes()
  ) throws {
    self.weights = weights
    try readSizes()
    try readStages()
    config.window = windows[0]
    let (said, told) = (notes.hints.imageSize, try imageSizes())
    let relatives = (config.window * config.patchSize) << (windows.count - 1)
    guard let own = (told + [relatives]).first(where: hasWindows) else {
      throw InputError(
        "these are weights of a Swin transformer with windows of \(windowText) tokens in its stages, "
          + "which is not supported", at: weights.place, cure: "use a Swin transformer with windows of one size")
    }
    let stated = try notes.imageSize(of: weights)
    if let stated, !hasWindows(stated) {
      throw InputError(
        "images of \(stated) pixels are stated, whose stages do not have these weights' windows of \(windowText) tokens",
        at: "\(weights.place), its configuration", cure: "keep config.json with the weights that it was written for")
    }
    let sure = ([said, stated].compactMap(\.self) + told).first(where: hasWindows)
    guessesImageSize = sure == nil && said == nil
    config.imageSize = sure ?? variant.map(\.imageSize).flatMap { hasWindows($0) ? $0 : nil } ?? own
    if let classes = try weights.classes(of: config.head, reading: config.features, cure: Self.cure) {
      config.classes = classes
    }
    try config.validate(at: weights.place)
  }

  private func failure(_ what: String, _ name: String) -> InputError {
    weights.failure(what, name, cure: Self.cure)
  }

  private mutating func readSizes() throws {
    let name = "patch_embed.proj.weight"
    guard let patch = try weights.shape(of: name), patch.count == 4, patch[1] == 3, patch[2] == patch[3], patch[0] > 0,
      patch[0] <= 1 << 16
    else { throw failure("it is no embedding of square colour patches", name) }
    (config.width, config.patchSize) = (patch[0], patch[2])
  }

  /// Depths, heads and the windows' sides. Every block must hold its matrices: a model is never larger than the file that
  /// it is made for.
  private mutating func readStages() throws {
    (config.depths, config.heads) = ([], [])
    while weights.contains(block(windows.count, 0, "norm1.weight")) {
      let stage = windows.count
      guard stage < SwinConfig.mostStages else {
        throw failure("there are too many stages", block(stage, 0, "norm1.weight"))
      }
      var depth = 0
      while weights.contains(block(stage, depth, "norm1.weight")) {
        let width = config.width(stage)
        for (part, shape) in [("attn.qkv.weight", [3 * width, width]), ("mlp.fc1.weight", [4 * width, width])] {
          let name = block(stage, depth, part)
          guard try weights.shape(of: name) == shape else { throw failure("its shape is not \(shape)", name) }
        }
        depth += 1
      }
      let tables = (0..<depth).map { block(stage, $0, "attn.relative_position_bias_table") }
      guard let shape = try weights.shape(of: tables[0]), shape.count == 2, let span = Fitting.root(shape[0]),
        span % 2 == 1,
        shape[1] > 0
      else { throw failure("it is no table of relative positions", tables[0]) }
      for table in tables where try weights.shape(of: table) != shape {
        throw failure("it is no table as the stage's first block has, of shape \(shape)", table)
      }
      config.depths.append(depth)
      config.heads.append(shape[1])
      windows.append((span + 1) / 2)
    }
    guard !windows.isEmpty else { throw failure("it is missing", block(0, 0, "norm1.weight")) }
  }

  private func block(_ stage: Int, _ index: Int, _ name: String) -> String { "layers.\(stage).blocks.\(index).\(name)" }

  private var windowText: String { windows.map(String.init).joined(separator: ", ") }

  /// Whether images of a side have windows as the tables are: of one size, but for stages whose grid is smaller.
  private func hasWindows(_ side: Int) -> Bool {
    var config = config
    config.imageSize = side
    return windows.indices.allSatisfy { windows[$0] == min(config.window, config.grid($0)) }
  }

  /// Sides of the images that the tensors tell: where official masks of shifted windows say how many of those there were,
  /// and where a stage's grid is smaller than the windows before.
  private func imageSizes() throws -> [Int] {
    var sides: [Int] = []
    let mask = weights.prefix + block(0, 1, "attn_mask")
    if weights.source.contains(mask), let count = try weights.source.info(named: mask).shape.first,
      let across = Fitting.root(count), across < 1 << 12
    {
      sides.append(across * windows[0] * config.patchSize)
    }
    if let stage = windows.firstIndex(where: { $0 < windows[0] }) {
      sides.append((windows[stage] * config.patchSize) << stage)
    }
    return sides
  }
}
