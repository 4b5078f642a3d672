import SubCore
import SubNN

/// How the matrices of a tower's blocks start.
struct ClipBlockStart {
  let inProjection, outProjection, expansion, contraction: Initializer

  /// The image tower's: what PyTorch gives its layers.
  static func image(width: Int, mlpWidth: Int) -> ClipBlockStart {
    let fanIn = Initializer.uniform(bound: 1 / Double(width).squareRoot())
    return ClipBlockStart(
      inProjection: .uniform(bound: (6 / Double(4 * width)).squareRoot()), outProjection: fanIn, expansion: fanIn,
      contraction: .uniform(bound: 1 / Double(mlpWidth).squareRoot()))
  }

  /// The text tower's.
  static func text(width: Int, layers: Int) -> ClipBlockStart {
    let deviation = 1 / Double(width).squareRoot()
    let residual = Initializer.normal(deviation: deviation / Double(2 * layers).squareRoot())
    return ClipBlockStart(
      inProjection: .normal(deviation: deviation), outProjection: residual,
      expansion: .normal(deviation: 1 / Double(2 * width).squareRoot()), contraction: residual)
  }
}

/// Self-attention with query, key and value in one matrix. Keys: PyTorch's `MultiheadAttention`.
final class ClipAttention: Module {
  let inProjWeight, inProjBias: Parameter
  let outProj: Linear

  init(_ width: Int, _ start: ClipBlockStart) {
    inProjWeight = Parameter([3 * width, width], start.inProjection)
    inProjBias = Parameter([3 * width], .zeros)
    outProj = Linear(width, width, weights: start.outProjection)
  }
}

final class ClipMLP: Module {
  let cFc, cProj: Linear

  init(_ width: Int, _ mlpWidth: Int, _ start: ClipBlockStart) {
    let bias = { (inputs: Int) in Initializer.uniform(bound: 1 / Double(inputs).squareRoot()) }
    cFc = Linear(width, mlpWidth, weights: start.expansion, biases: bias(width))
    cProj = Linear(mlpWidth, width, weights: start.contraction, biases: bias(mlpWidth))
  }
}

/// The rows of a tower's sequences, and the one row of each that the head reads.
struct ClipRows {
  /// The rows of every sequence.
  let all: Segments
  /// One row a sequence.
  let one: Segments
  /// i32 [sequences]: the row that the head reads.
  let pooled: Tensor
  /// The number of the first sequence, where these are part of a larger batch of sequences of one length.
  var first = 0
}

/// A pre-norm block: x += attention(ln_1(x)), x += mlp(ln_2(x)). It takes and hands on the residual stream together
/// with its norm, so that every addition and the norm behind it are one pass over memory.
final class ClipBlock: Module {
  @Key var ln1: LayerNorm
  let attn: ClipAttention
  @Key var ln2: LayerNorm
  let mlp: ClipMLP
  private let width, heads: Int
  private let isCausal: Bool
  private let activation: Activation

  init(width: Int, heads: Int, mlpWidth: Int, isCausal: Bool, _ activation: Activation, _ start: ClipBlockStart) {
    (self.width, self.heads, self.isCausal, self.activation) = (width, heads, isCausal, activation)
    _ln1 = Key(wrappedValue: LayerNorm(width, epsilon: 1e-5), "ln_1")
    attn = ClipAttention(width, start)
    _ln2 = Key(wrappedValue: LayerNorm(width, epsilon: 1e-5), "ln_2")
    mlp = ClipMLP(width, mlpWidth, start)
  }

  /// All rows: [R, D] → [R, D]. `next` is the norm that comes behind this block.
  func callAsFunction(
    _ x: Tensor, normed: Tensor, _ rows: ClipRows, next: NormParameters, _ pass: Pass
  ) -> (x: Tensor, normed: Tensor) {
    let qkv = normed.linear(attn.inProjWeight.tensor, attn.inProjBias.tensor)
    let attended = qkv.selfAttention(rows.all, AttentionOptions(heads: heads, causal: isCausal))
    return rest(x, attended, samples: rows.all, first: rows.first, next, pass)
  }

  /// Only the rows that the head reads, over the keys and values of all: [R, D] → [N, D]. A text's last row sees every
  /// other, so no causal mask is needed.
  func pooled(
    _ x: Tensor, normed: Tensor, _ rows: ClipRows, next: NormParameters, _ pass: Pass
  ) -> (x: Tensor, normed: Tensor) {
    let (weight, bias) = (attn.inProjWeight, attn.inProjBias)
    let keysAndValues = normed.linear(weight.rows(width..<3 * width), bias.rows(width..<3 * width))
    let queries = normed.gatherRows(rows.pooled).linear(weight.rows(0..<width), bias.rows(0..<width))
    let attended = queries.attention(rows.one, over: keysAndValues, rows.all, AttentionOptions(heads: heads))
    return rest(x.gatherRows(rows.pooled), attended, samples: rows.one, first: rows.first, next, pass)
  }

  private func rest(
    _ x: Tensor, _ attended: Tensor, samples: Segments, first: Int, _ next: NormParameters, _ pass: Pass
  ) -> (x: Tensor, normed: Tensor) {
    let (joint, normed) = x.adding(
      branch: attn.outProj(attended), branch(pass, site: 1, samples, first), thenNorm: ln2.parameters)
    let (out, outNormed) = joint.adding(
      branch: mlp.cProj(mlp.cFc(normed, activation)), branch(pass, site: 3, samples, first), thenNorm: next)
    return (out, outNormed)
  }

  /// What is dropped is a matter of the whole batch, so that it may come in pieces.
  private func branch(_ pass: Pass, site: Int, _ samples: Segments, _ first: Int) -> BranchOptions {
    var dropout = pass.branchDropout(0, site: site)
    dropout?.firstRow = first * samples.longest
    var path = pass.dropPath(0, site: site + 1, samples: samples)
    path?.firstSample = first
    return BranchOptions(dropout: dropout, path: path)
  }
}

/// The blocks of a tower.
final class ClipTransformer: Module {
  let resblocks: [ClipBlock]

  init(_ blocks: [ClipBlock]) {
    precondition(!blocks.isEmpty, "CLIP: a tower without blocks")
    resblocks = blocks
  }

  /// x [R, D] → `norm` of the pooled rows [N, D]. The last block computes nothing but those.
  func callAsFunction(_ x: Tensor, _ rows: ClipRows, norm: LayerNorm, _ pass: Pass) -> Tensor {
    var (x, normed) = (x, resblocks[0].ln1(x))
    for (index, block) in resblocks.dropLast().enumerated() {
      (x, normed) = block(x, normed: normed, rows, next: resblocks[index + 1].ln1.parameters, pass.at(index))
    }
    let last = resblocks.count - 1
    return resblocks[last].pooled(x, normed: normed, rows, next: norm.parameters, pass.at(last)).normed
  }
}
