import SubCore
import SubNN

/// The text tower: a causal transformer whose feature is read at the end token. Keys as open_clip's, without a prefix.
///
/// Texts are packed, each up to its first end token: what follows is hidden by the causal mask and not computed.
final class ClipTextTower: Module {
  let positionalEmbedding, textProjection: Parameter
  let transformer: ClipTransformer
  let tokenEmbedding: Embedding
  let lnFinal: LayerNorm
  private let config: ClipConfig.Text

  init(_ config: ClipConfig) {
    let text = config.text
    self.config = text
    positionalEmbedding = Parameter([text.contextLength, text.width], .normal(deviation: 0.01))
    textProjection = Parameter(
      [text.width, config.embedWidth], .normal(deviation: 1 / Double(text.width).squareRoot()))
    transformer = ClipTransformer(
      (0..<text.layers).map { _ in
        ClipBlock(
          width: text.width, heads: text.heads, mlpWidth: text.mlpWidth, isCausal: true, config.activation,
          .text(width: text.width, layers: text.layers))
      })
    tokenEmbedding = Embedding(text.vocabularySize, text.width, weights: .normal(deviation: 0.02), isSparse: true)
    lnFinal = LayerNorm(text.width, epsilon: 1e-5)
  }

  /// Texts, each ending in its end token → features [N, E], not normalised.
  func callAsFunction(_ texts: some Collection<[Int32]>, _ pass: Pass, on device: Device) -> Tensor {
    let lengths = texts.map(\.count)
    precondition(
      lengths.allSatisfy { $0 > 0 && $0 <= config.contextLength },
      "CLIP: a text of 0 or over \(config.contextLength) tokens")
    let ids = texts.flatMap { $0 }
    let positions = lengths.flatMap { 0..<$0 }
    var end = -1
    let ends = lengths.map { length in
      end += length
      return end
    }
    let x = Tensor.gatherSum([
      (tokenEmbedding.weight.tensor, Tensor(HostArray(ids, shape: [ids.count]), on: device)),
      (positionalEmbedding.tensor, Tensor(indices: positions, on: device)),
    ])
    let rows = ClipRows(
      all: Segments(lengths: lengths, on: device), one: Segments(count: lengths.count, length: 1, on: device),
      pooled: Tensor(indices: ends, on: device))
    return transformer(x, rows, norm: lnFinal, pass).linear(textProjection.tensor.transposed())
  }
}
