public import SubCore
public import SubNN

/// A vision transformer of any family that a `VisionTransformerConfig` describes. Keys are timm's.
///
/// Tokens are rows [N·T, D]. A masked patch costs nothing where the family removes it: it is left out before the patch
/// embedding (or taken from the main branch's, the `stem`), which is the same as after the position embedding, since both
/// act on each token alone.
public final class VisionTransformer: Module, VisionModel {
  /// What kind it is.
  public let config: VisionTransformerConfig
  let clsToken: Parameter
  let maskToken: Parameter?
  let posEmbed: Parameter?
  let patchEmbed: PatchEmbedding
  let relPosBias: SharedBias?
  let normPre: LayerNorm?
  let blocks: [VisionBlock]
  let norm: LayerNorm?
  let fcNorm: LayerNorm?
  let head: Linear
  private var pairIndex: Tensor?

  /// The table that all blocks share: `rel_pos_bias.relative_position_bias_table`.
  final class SharedBias: Module {
    let relativePositionBiasTable: Parameter
    init(_ config: VisionTransformerConfig) {
      relativePositionBiasTable = RelativeBiasTable.parameter(grid: config.grid, heads: config.heads)
    }
  }

  /// A model that gets its memory from a `ParameterSet`.
  public init(_ config: VisionTransformerConfig) {
    self.config = config
    let width = config.width
    func makeNorm(_ exists: Bool) -> LayerNorm? { exists ? LayerNorm(width, epsilon: config.epsilon) : nil }
    clsToken = Parameter([1, 1, width], .normal(deviation: 0.02))
    maskToken = config.masked == .replaced ? Parameter([1, 1, width], .normal(deviation: 0.02)) : nil
    posEmbed =
      config.position == .none ? nil : Parameter([1, config.positions, width], .normal(deviation: 0.02))
    patchEmbed = PatchEmbedding(width, patch: config.patchSize, bias: config.hasPatchBias)
    relPosBias = config.relativeBias == .shared ? SharedBias(config) : nil
    normPre = makeNorm(config.hasPreNorm)
    blocks = (0..<config.depth).map { VisionBlock(config, index: $0) }
    norm = makeNorm(config.readout != .pooled)
    fcNorm = makeNorm(config.readout == .pooled)
    head = Linear(width, config.classes, weights: .normal(deviation: config.headDeviation))
  }

  /// Lets the patch embedding stay as it is: no gradient, no update (FT-CLIP).
  public func freezePatchEmbedding() {
    patchEmbed.proj.weight.isFrozen = true
    patchEmbed.proj.bias?.isFrozen = true
  }

  public var classes: Int { config.classes }
  public var imageSize: Int { config.imageSize }

  public func stem(_ images: Tensor) -> Tensor? { patchEmbed(images, nil) }

  /// The features that the head reads: [N, 3, H, W] → [N, D].
  public func features(_ images: Tensor, stem: Tensor? = nil, _ pass: Pass) -> Tensor {
    let samples = images.shape[0]
    precondition(
      images.shape.rank == 4 && images.shape[1] == 3 && images.shape[2] / config.patchSize == config.grid
        && images.shape[3] / config.patchSize == config.grid,
      "VisionTransformer: images \(images.shape), made for \(config.imageSize) pixels")
    let tokens = embed(images, stem: stem, pass)
    let length = tokens.shape.rows / samples
    let rows = Segments(count: samples, length: length, on: images.device)

    let first = blocks[0].norm1
    var x: TokenStream
    if let normPre {
      let joint = normPre(tokens)
      x = TokenStream(joint: joint, normed: first(joint))
    } else {
      x = TokenStream(joint: tokens, normed: first(tokens))
    }
    let shared = relPosBias.map { bias($0.relativePositionBiasTable, on: images.device) }
    // A head that reads the class token needs no other row of the last block.
    let readsOneRow = config.readout == .token && config.relativeBias == .none
    let classRows = Tensor(indices: (0..<samples).map { $0 * length }, on: images.device)
    for (index, block) in blocks.enumerated() {
      let isLast = index == blocks.count - 1
      let next = isLast ? norm : blocks[index + 1].norm1
      if isLast && readsOneRow {
        return block(x, rows, onlyRows: classRows, pass.at(index), next: next).normed
      }
      let own = block.attn.relativePositionBiasTable.map { bias($0, on: images.device) }
      x = block(x, rows, bias: shared ?? own, pass.at(index), next: next)
    }
    switch config.readout {
    case .token: return x.normed.gatherRows(classRows)
    case .normedPool: return Self.meanOfPatches(x.normed, samples: samples, length: length)
    case .pooled: return fcNorm!(Self.meanOfPatches(x.joint, samples: samples, length: length))
    }
  }

  public func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    head(features(images, stem: stem, pass))
  }

  /// Class token and patch tokens with their positions: [N·T, D].
  private func embed(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    let (samples, count) = (images.shape[0], config.patches)
    let kept = pass.masking?.kept(rows: samples, count: count, pass.key.fold("mask"))
    let hidden = config.masked == .replaced ? kept.map { Self.complement($0, count: count) } : nil
    let removes = config.masked == .removed ? kept : nil

    let wanted = removes.map { rows in rows.enumerated().flatMap { n, row in row.map { n * count + $0 } } }
    let rows = wanted.map { Tensor(indices: $0, on: images.device) }
    var x = stem.map { stem in rows.map(stem.gatherRows) ?? stem } ?? patchEmbed(images, rows)
    if let hidden, !hidden.isEmpty, let maskToken {
      x = x.replacingRows(Tensor(indices: hidden, on: images.device), by: maskToken.tensor)
    }
    var prefix = clsToken.tensor
    if let posEmbed {
      let shift = config.position == .all ? 1 : 0
      let places = wanted ?? (0..<samples * count).map { $0 }
      x = x.addingRows(
        of: posEmbed.tensor, Tensor(indices: places.map { $0 % count + shift }, on: images.device))
      if shift == 1 { prefix = prefix.addingRows(of: posEmbed.tensor, Tensor(indices: [0], on: images.device)) }
    }
    return x.prefixed(by: prefix, samples: samples)
  }

  /// Rows n·count + patch of the patches that are not kept.
  private static func complement(_ kept: [[Int]], count: Int) -> [Int] {
    kept.enumerated().flatMap { n, row in
      let stays = Set(row)
      return (0..<count).filter { !stays.contains($0) }.map { n * count + $0 }
    }
  }

  /// The mean over all tokens but the class token: [N·T, D] → [N, D]. Kept tokens only, where tokens were removed.
  private static func meanOfPatches(_ x: Tensor, samples: Int, length: Int) -> Tensor {
    let parts = Segments(lengths: (0..<2 * samples).map { $0 % 2 == 0 ? 1 : length - 1 }, on: x.device)
    return x.segmentMean(parts).gatherRows(Tensor(indices: (0..<samples).map { 2 * $0 + 1 }, on: x.device))
  }

  private func bias(_ table: Parameter, on device: Device) -> Tensor {
    let index: Tensor
    if let pairIndex, pairIndex.device == device {
      index = pairIndex
    } else {
      index = Tensor(indices: RelativePositions(grid: config.grid).index, on: device)
      pairIndex = index
    }
    return RelativeBiasTable.bias(table, index, tokens: config.patches + 1)
  }
}
