import SubCore
import SubNN

/// A stage of a Swin: patch merging where one stands before it, then blocks whose attention stays in windows, shifted in
/// every other block. Keys: `downsample`, `blocks.0` ….
final class SwinStage: Module {
  private let downsample: PatchMerging?
  private let blocks: [TransformerBlock]
  private let windows: SwinWindows

  init(_ config: SwinConfig, stage: Int) {
    let blocks = config.blocks(stage)
    let windows = SwinWindows(grid: config.grid(stage), window: config.window)
    downsample =
      stage == 0
      ? nil : PatchMerging(config.width(stage - 1), grid: config.grid(stage - 1), epsilon: config.epsilon)
    let positions = RelativePositionIndex(RelativePositions(grid: windows.window))
    self.blocks = (0..<blocks.depth).map {
      TransformerBlock(
        blocks, index: $0,
        scoreBias: RelativePositionBias(heads: blocks.heads, positions, start: .normal(deviation: 0.02)))
    }
    self.windows = windows
  }

  /// Tokens [N·L, C] of the stage before → [N·L′, C′]; `next` is the norm behind the last stage.
  func callAsFunction(_ x: Tensor, samples: Int, next: LayerNorm?, _ pass: Pass) -> ResidualStream {
    let tokens = downsample.map { $0(x, samples: samples) } ?? x
    var stream = ResidualStream(tokens, normed: blocks[0].norm1(tokens, lowered: true))
    for (index, block) in blocks.enumerated() {
      var rows = windows.rows(index, samples: samples, on: x.device)
      rows.firstRow = pass.firstSample * rows.segments.longest
      let isLast = index + 1 == blocks.count
      stream = block.run(
        stream, rows, next: isLast ? next : blocks[index + 1].norm1, isLast: isLast && next != nil, pass.at(index))
    }
    return stream
  }
}

/// 2 × 2 tokens made one of twice the width. Keys: `norm` [4C], `reduction` [2C, 4C].
private final class PatchMerging: Module {
  private let norm: LayerNorm
  private let reduction: Linear
  private let grid: Int

  init(_ width: Int, grid: Int, epsilon: Double) {
    norm = LayerNorm(4 * width, epsilon: epsilon)
    reduction = Linear(4 * width, 2 * width, bias: false)
    self.grid = grid
  }

  /// [N·L, C] → [N·⌈L/4⌉, 2C].
  func callAsFunction(_ x: Tensor, samples: Int) -> Tensor {
    let merged = x.reshaped([samples, grid, grid, x.shape.columns]).mergingPatches()
    let rows = merged.reshaped([merged.shape.rows, merged.shape.columns])
    return reduction(norm(rows, lowered: true), wide: true)
  }
}
