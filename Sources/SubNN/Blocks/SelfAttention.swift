public import SubCore

/// Multi-head self-attention, query, key and value in one matrix. Keys: `qkv.weight` [3D, D]; `qkv.bias` [3D], or `q_bias`
/// and `v_bias` [D]; those of a score bias; `proj`.
public final class SelfAttention: Module {
  let qkv: Linear
  let qBias, vBias: Parameter?
  @Key var scoreBias: (any ScoreBias)?
  let proj: Linear
  private let config: TransformerConfig

  /// Attention with a score bias of its own where there is one.
  public init(_ config: TransformerConfig, scoreBias: (any ScoreBias)? = nil) {
    self.config = config
    let (width, start) = (config.width, config.start)
    qkv = Linear(width, 3 * width, bias: !config.hasSeparateBiases, weights: start.qkv)
    qBias = config.hasSeparateBiases ? Parameter([width], .zeros) : nil
    vBias = config.hasSeparateBiases ? Parameter([width], .zeros) : nil
    _scoreBias = Key(wrappedValue: scoreBias, "")
    proj = Linear(width, width, weights: start.projection)
  }

  /// All rows to all rows of their sequence, or of their window: [R, D] → [R, D].
  public func callAsFunction(_ x: Tensor, _ rows: SequenceRows, _ pass: Pass) -> Tensor {
    let (options, bias) = (options(rows, firstRow: rows.firstRow, pass, on: x.device), packedBias)
    let packed = x.linear(qkv.weight.tensor, bias)
    // What lies outside the grid is a token of zeros, of which the projection leaves its bias.
    return proj(
      rows.windows.map { packed.selfAttention($0, options, outside: bias) }
        ?? packed.selfAttention(rows.segments, options))
  }

  /// One row a sequence, `queries` [N, D], to all rows of `x` [R, D]: [N, D]. Where tokens see none behind them, each of
  /// the queries must be its sequence's last.
  func callAsFunction(_ queries: Tensor, _ samples: Segments, over x: Tensor, _ rows: SequenceRows, _ pass: Pass)
    -> Tensor
  {
    let (own, rest) = (0..<config.width, config.width..<3 * config.width)
    let q = queries.linear(qkv.weight.rows(own), qBias?.tensor ?? qkv.bias?.rows(own))
    let keysAndValues = x.linear(qkv.weight.rows(rest), keyAndValueBias ?? qkv.bias?.rows(rest))
    var options = options(rows, firstRow: pass.firstSample, pass, on: x.device)
    options.causal = false
    return proj(q.attention(samples, over: keysAndValues, rows.segments, options))
  }

  /// `firstRow`: of the queries, in the batch.
  private func options(_ rows: SequenceRows, firstRow: Int, _ pass: Pass, on device: Device) -> AttentionOptions {
    AttentionOptions(
      heads: config.heads, causal: config.isCausal, keyMask: rows.keyMask,
      bias: scoreBias?.scores(on: device) ?? rows.scoreBias,
      dropout: config.sites.probabilities.flatMap {
        pass.dropout(config.attentionDropout, site: $0, firstRow: firstRow)
      })
  }

  /// [3D]; separate biases have zeros for the key.
  private var packedBias: Tensor? {
    guard let qBias, let rest = keyAndValueBias else { return qkv.bias?.tensor }
    return Tensor.concatenated([qBias.tensor, rest])
  }

  /// [2D] of separate biases.
  private var keyAndValueBias: Tensor? {
    guard let vBias else { return nil }
    let v = vBias.tensor
    return Tensor.concatenated([Tensor(v.shape, filledWith: 0, dtype: v.dtype, on: v.device), v])
  }
}
