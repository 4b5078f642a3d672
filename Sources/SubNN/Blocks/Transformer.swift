public import SubCore

/// A stack of transformer blocks. Keys: `blocks.0` …, and `norm` where one stands behind the last.
public final class Transformer: Module {
  let blocks: [TransformerBlock]
  let norm: LayerNorm?
  private let config: TransformerConfig

  /// A stack whose blocks may each have a score bias of their own.
  public init(_ config: TransformerConfig, scoreBias: (_ block: Int) -> (any ScoreBias)? = { _ in nil }) {
    self.config = config
    blocks = (0..<config.depth).map { TransformerBlock(config, index: $0, scoreBias: scoreBias($0)) }
    let hasNorm = config.norm == .before && config.hasFinalNorm
    norm = hasNorm ? LayerNorm(config.width, epsilon: config.epsilon) : nil
  }

  /// Tokens [R, D] → the stream behind the last block, [R, D]. Where only one row of every sequence is `read` (i32 [N],
  /// the last row each where tokens see none behind them), the last block computes nothing but those, [N, D].
  public func callAsFunction(
    _ tokens: Tensor, _ rows: SequenceRows, reading read: Tensor? = nil, _ pass: Pass
  ) -> ResidualStream {
    var x = ResidualStream(tokens, normed: config.norm == .before ? blocks[0].norm1(tokens, lowered: true) : nil)
    for (index, block) in blocks.dropLast().enumerated() {
      x = block.run(x, rows, next: blocks[index + 1].norm1, pass.at(index))
    }
    let (last, pass) = (blocks[blocks.count - 1], pass.at(blocks.count - 1))
    return read.map { last(x, rows, reading: $0, next: norm, pass) } ?? last(x, rows, next: norm, pass)
  }
}
