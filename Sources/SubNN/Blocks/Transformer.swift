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
    let last = blocks.count - 1
    var x = entered(by: tokens)
    for index in 0..<last { x = run(index, x, rows, pass) }
    return read.map { blocks[last](x, rows, reading: $0, next: norm, pass.at(last)) } ?? run(last, x, rows, pass)
  }

  /// Tokens [R, D] → the stream behind each block that is `wanted`, [R, D] each, in the order asked for. Blocks are counted
  /// from 0, and none is computed behind the last of them. `normed`: through the norm behind the last block, where there
  /// is one.
  public func callAsFunction(
    _ tokens: Tensor, _ rows: SequenceRows, behind wanted: [Int], normed: Bool = false, _ pass: Pass
  ) -> [Tensor] {
    precondition(wanted.allSatisfy { blocks.indices.contains($0) }, "Transformer: blocks \(wanted) of \(blocks.count)")
    guard let last = wanted.max() else { return [] }
    var (x, found) = (entered(by: tokens), [Int: Tensor]())
    for index in 0...last {
      x = run(index, x, rows, pass)
      if wanted.contains(index) { found[index] = (normed ? norm : nil).map { $0(x.joint) } ?? x.joint }
    }
    return wanted.map { found[$0]! }
  }

  /// What the first block reads.
  private func entered(by tokens: Tensor) -> ResidualStream {
    ResidualStream(tokens, normed: config.norm == .before ? blocks[0].norm1(tokens, lowered: true) : nil)
  }

  /// The stream behind a block.
  private func run(_ index: Int, _ x: ResidualStream, _ rows: SequenceRows, _ pass: Pass) -> ResidualStream {
    let isLast = index + 1 == blocks.count
    return blocks[index].run(x, rows, next: isLast ? norm : blocks[index + 1].norm1, isLast: isLast, pass.at(index))
  }
}
