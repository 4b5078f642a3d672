import SubCore

/// A transformer block. Norms before: x += path(γ₁ · attention(norm1 x)); x += path(γ₂ · mlp(norm2 x)). Norms behind:
/// x = norm1(x + path(attention x)); x = norm2(x + path(mlp x)). Keys are timm's: `norm1`, `attn`, `norm2`, `mlp`,
/// `ls1.gamma`, `ls2.gamma`.
public final class TransformerBlock: Module {
  /// What stands before attention (or behind its joint): the stage before may compute it with its own last joint.
  public let norm1: LayerNorm
  let attn: SelfAttention
  let norm2: LayerNorm
  let mlp: FeedForward
  let ls1, ls2: LayerScale?
  private let config: TransformerConfig
  private let dropPath, depth: Float

  /// Block `index` of a stack, with a score bias of its own where there is one.
  public init(_ config: TransformerConfig, index: Int, scoreBias: (any ScoreBias)?) {
    self.config = config
    norm1 = LayerNorm(config.width, epsilon: config.epsilon)
    attn = SelfAttention(config, scoreBias: scoreBias)
    norm2 = LayerNorm(config.width, epsilon: config.epsilon)
    mlp = FeedForward(config)
    ls1 = config.layerScale.map { LayerScale(config.width, start: $0) }
    ls2 = config.layerScale.map { LayerScale(config.width, start: $0) }
    dropPath = config.dropPath.isEmpty ? 0 : config.dropPath[index]
    let (before, count) = config.place ?? (0, config.depth)
    depth = Float(before + index) / Float(max(1, count - 1))
  }

  /// All rows; `next` is the norm that the next block begins with, or the stack ends with.
  public func callAsFunction(_ x: ResidualStream, _ rows: SequenceRows, next: LayerNorm?, _ pass: Pass)
    -> ResidualStream
  {
    joined(x, attn(x.normed, rows, pass), rows.segments, firstRow: rows.firstRow, next: next, pass)
  }

  /// The same; where the pass says so, what the block computes is not kept but computed again on the way back. The last
  /// block of all is needed again at once.
  public func run(
    _ x: ResidualStream, _ rows: SequenceRows, next: LayerNorm?, isLast: Bool = false, _ pass: Pass
  ) -> ResidualStream {
    guard pass.recomputes && !isLast else { return self(x, rows, next: next, pass) }
    let parts = x.parts
    let outputs = Tape.recomputing(parts + (rows.scoreBias.map { [$0] } ?? [])) { inputs, _ in
      var rows = rows
      if inputs.count > parts.count { rows.scoreBias = inputs.last }
      return self(ResidualStream(parts: Array(inputs.prefix(parts.count))), rows, next: next, pass).parts
    }
    return ResidualStream(parts: outputs)
  }

  /// Only the rows that somebody reads, one a sequence, by their `indices` i32 [N]: all that the last block owes.
  func callAsFunction(
    _ x: ResidualStream, _ rows: SequenceRows, reading indices: Tensor, next: LayerNorm?, _ pass: Pass
  ) -> ResidualStream {
    // The bias of one query a sequence is a row of each table of scores, which nobody has needed yet.
    guard attn.scoreBias == nil && rows.scoreBias == nil else { return self(x, rows, next: next, pass).rows(indices) }
    let samples = Segments(count: rows.segments.count, length: 1, on: indices.device)
    let read = x.rows(indices)
    return joined(
      read, attn(read.normed, samples, over: x.normed, rows, pass), samples, firstRow: pass.firstSample, next: next,
      pass)
  }

  private func joined(
    _ x: ResidualStream, _ attended: Tensor, _ samples: Segments, firstRow: Int, next: LayerNorm?, _ pass: Pass
  ) -> ResidualStream {
    func options(_ sites: BlockSites.Branch, _ scale: LayerScale?) -> BranchOptions {
      BranchOptions(
        gamma: scale?.gamma.tensor,
        dropout: pass.branchDropout(config.dropout, site: sites.dropout, firstRow: firstRow),
        path: pass.dropPath(dropPath, depth: depth, site: sites.path, samples: samples))
    }
    let isBehind = config.norm == .behind
    let y = x.adding(attended, options(config.sites.attention, ls1), then: isBehind ? norm1 : norm2, config.norm)
    let hidden = config.sites.hidden.flatMap { pass.branchDropout(0, site: $0, firstRow: firstRow) }
    return y.adding(
      mlp(y.normed, hidden), options(config.sites.mlp, ls2), then: isBehind ? norm2 : next, config.norm)
  }
}
