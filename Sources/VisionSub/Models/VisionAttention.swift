import SubCore
import SubNN

/// Self-attention of a vision transformer. Keys are timm's: `qkv.weight` [3D, D], `qkv.bias` or `q_bias` and `v_bias`,
/// `relative_position_bias_table`, `proj`.
final class VisionAttention: Module {
  let qkv: Linear
  let qBias, vBias: Parameter?
  let relativePositionBiasTable: Parameter?
  let proj: Linear
  let heads: Int
  private let width: Int

  init(_ config: VisionTransformerConfig) {
    (width, heads) = (config.width, config.heads)
    qkv = Linear(width, 3 * width, bias: !config.hasSeparateBiases)
    qBias = config.hasSeparateBiases ? Parameter([config.width], .zeros) : nil
    vBias = config.hasSeparateBiases ? Parameter([config.width], .zeros) : nil
    relativePositionBiasTable =
      config.relativeBias == .perBlock ? RelativeBiasTable.parameter(grid: config.grid, heads: config.heads) : nil
    proj = Linear(width, width)
  }

  /// The packed bias [3D]: BEiT's has zeros for the key.
  private var bias: Tensor? {
    guard let qBias, let vBias else { return qkv.bias?.tensor }
    let q = qBias.tensor
    return Tensor.concatenated([q, Tensor([width], filledWith: 0, dtype: q.dtype, on: q.device), vBias.tensor])
  }

  /// [R, D] → [R, D], before dropout; `bias` [heads, T, T] is added to the scores.
  func callAsFunction(_ x: Tensor, _ rows: Segments, bias scores: Tensor?) -> Tensor {
    proj(x.linear(qkv.weight.tensor, bias).selfAttention(rows, AttentionOptions(heads: heads, bias: scores)))
  }

  /// The same for the rows `queries` [N, D] of `x` alone, one a sample: [N, D]. Keys and values are all rows'.
  func callAsFunction(_ x: Tensor, _ rows: Segments, asking queries: Tensor, _ samples: Segments) -> Tensor {
    let (own, rest) = (0..<width, width..<3 * width)
    let q = queries.linear(qkv.weight.rows(own), qkv.bias?.rows(own))
    let keysAndValues = x.linear(qkv.weight.rows(rest), qkv.bias?.rows(rest))
    return proj(q.attention(samples, over: keysAndValues, rows, AttentionOptions(heads: heads)))
  }
}
