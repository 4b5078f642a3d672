import SubCore
import SubData
import SubTrain

/// What the names and shapes of a file's tensors say of the Swin transformer that they are.
struct SwinRecognition {
  /// The network. Images are as large as they were where the file tells, else as its relatives' are: one window fills the
  /// last stage.
  private(set) var config = SwinConfig()
  /// Whether the file tells how large images were.
  private(set) var tellsImageSize = false
  private let weights: Weights
  private static let cure = "use the weights of a Swin transformer"

  init(_ weights: Weights) throws {
    self.weights = weights
    try readSizes()
    let windows = try readStages()
    config.window = windows[0]
    config.imageSize = (config.window * config.patchSize) << (windows.count - 1)
    if let side = try imageSize(windows) { (config.imageSize, tellsImageSize) = (side, true) }
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
  private mutating func readStages() throws -> [Int] {
    var windows: [Int] = []
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
      let table = block(stage, 0, "attn.relative_position_bias_table")
      guard let shape = try weights.shape(of: table), shape.count == 2, let span = Fitting.root(shape[0]),
        span % 2 == 1,
        shape[1] > 0
      else { throw failure("it is no table of relative positions", table) }
      config.depths.append(depth)
      config.heads.append(shape[1])
      windows.append((span + 1) / 2)
    }
    guard !windows.isEmpty else { throw failure("it is missing", block(0, 0, "norm1.weight")) }
    return windows
  }

  private func block(_ stage: Int, _ index: Int, _ name: String) -> String { "layers.\(stage).blocks.\(index).\(name)" }

  /// The side of the images where official masks of shifted windows say how many of those there were, or where a stage's
  /// grid is smaller than the windows before.
  private func imageSize(_ windows: [Int]) throws -> Int? {
    let mask = weights.prefix + block(0, 1, "attn_mask")
    if weights.source.contains(mask), let count = try weights.source.info(named: mask).shape.first,
      let across = Fitting.root(count), across < 1 << 12
    {
      return across * windows[0] * config.patchSize
    }
    guard let stage = windows.firstIndex(where: { $0 < windows[0] }) else { return nil }
    return (windows[stage] * config.patchSize) << stage
  }
}
