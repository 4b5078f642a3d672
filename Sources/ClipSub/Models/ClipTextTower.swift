import SubCore
import SubNN

/// The text tower: a causal transformer whose feature is read at the end token. Keys: `token_embedding.weight`,
/// `pos_embed` [T, D], those of `Transformer`, `proj` [D, E].
///
/// Texts are packed, each up to its first end token: what follows is hidden by the causal mask and not computed.
final class ClipTextTower: Module {
  let posEmbed, proj: Parameter
  @Key var transformer: Transformer
  let tokenEmbedding: Embedding

  init(_ config: ClipConfig) {
    let text = config.text
    posEmbed = Parameter([text.contextLength, text.width], .normal(deviation: 0.01))
    proj = Parameter([text.width, config.embedWidth], .normal(deviation: 1 / Double(text.width).squareRoot()))
    _transformer = Key(wrappedValue: Transformer(config.textTower), "")
    tokenEmbedding = Embedding(text.vocabularySize, text.width, weights: .normal(deviation: 0.02), isSparse: true)
  }

  /// Texts, each ending in its end token → features [N, E], not normalised.
  func callAsFunction(_ texts: some Collection<[Int32]>, _ pass: Pass, on device: Device) -> Tensor {
    let lengths = texts.map(\.count)
    precondition(
      lengths.allSatisfy { $0 > 0 && $0 <= posEmbed.shape[0] }, "CLIP: a text of 0 or over \(posEmbed.shape[0]) tokens")
    let ids = texts.flatMap { $0 }
    let positions = lengths.flatMap { 0..<$0 }
    var end = -1
    let ends = lengths.map { length in
      end += length
      return end
    }
    let x = Tensor.gatherSum([
      (tokenEmbedding.weight.tensor, Tensor(HostArray(ids, shape: [ids.count]), on: device)),
      (posEmbed.tensor, Tensor(indices: positions, on: device)),
    ])
    let rows = SequenceRows(Segments(lengths: lengths, on: device))
    return transformer(x, rows, reading: Tensor(indices: ends, on: device), pass).normed
      .linear(proj.tensor.transposed())
  }
}
