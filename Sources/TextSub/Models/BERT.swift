public import SubCore
public import SubNN

/// BERT with a classifier or a regressor on the pooled first token (Devlin et al. 2019): transformers'
/// `BertForSequenceClassification`. Keys: `embeddings`, those of `Transformer`, `pooler`, `head`.
public final class BERTForSequenceClassification: Module {
  let embeddings: BERTEmbeddings
  @Key var transformer: Transformer
  let pooler, head: Linear
  /// The configuration it was made of.
  public let config: BERTConfig
  /// The number of logits; 1 is a regression.
  public let labelCount: Int

  /// A network without memory yet: make a `ParameterSet` of it.
  public init(_ config: BERTConfig, labels: Int) {
    self.config = config
    labelCount = labels
    let weights = Initializer.normal(deviation: config.deviation)
    embeddings = BERTEmbeddings(config)
    _transformer = Key(wrappedValue: Transformer(config.transformer), "")
    pooler = Linear(config.width, config.width, weights: weights)
    head = Linear(config.width, labels, weights: weights)
  }

  /// Logits [N, labels]. Where the trip hides tokens, that share of the eligible ones becomes `[MASK]`.
  public func callAsFunction(_ batch: TextBatch, _ pass: Pass) -> Tensor {
    let dropout = pass.dropout(
      config.classifierDropout ?? config.dropout, site: -2, firstRow: batch.firstSample)
    return head(pooled(batch, pass).dropped(dropout), wide: true)
  }

  /// What the classifier reads, [N, D]. The last block computes only the first token of every sequence, which is all that is
  /// read.
  func pooled(_ batch: TextBatch, _ pass: Pass) -> Tensor {
    var pass = pass
    pass.firstSample = batch.firstSample
    return pooler(transformer(tokens(batch, pass), batch.rows, reading: batch.firstRows, pass).normed, .tanh)
  }

  /// A vector for every sequence, [N, D], made of the last block's.
  public func features(_ batch: TextBatch, _ pooling: TextPooling, _ pass: Pass) -> Tensor {
    let tokens = tokens(batch, pass)
    switch pooling {
    case .first: return transformer(tokens, batch.rows, reading: batch.firstRows, pass).normed
    case .mean: return transformer(tokens, batch.rows, pass).normed.segmentMean(batch.rows.segments)
    }
  }

  private func tokens(_ batch: TextBatch, _ pass: Pass) -> Tensor {
    precondition(batch.fits(config), "BERT: ids, types or positions beyond its tables")
    return embeddings(ids: batch.inputIDs(pass), batch)
      .dropped(pass.dropout(config.dropout, site: -1, firstRow: batch.rows.firstRow))
  }
}

/// What of a sequence's tokens its vector is made of.
public enum TextPooling: String, Sendable, CaseIterable {
  /// The mean of all: sentence-transformers' usual one.
  case mean
  /// The first, `[CLS]`.
  case first = "cls"
}

/// Token, position and type embeddings, summed and normalised. Keys: `word.weight`, `position.weight`, `type.weight`,
/// `norm`.
final class BERTEmbeddings: Module {
  let word, position, type: Embedding
  let norm: LayerNorm
  private let padID: Int?

  init(_ config: BERTConfig) {
    let weights = Initializer.normal(deviation: config.deviation)
    word = Embedding(config.vocabularySize, config.width, weights: weights, isSparse: true)
    position = Embedding(config.positions, config.width, weights: weights)
    type = Embedding(config.types, config.width, weights: weights)
    norm = LayerNorm(config.width, epsilon: config.epsilon)
    padID = config.padID
  }

  /// [R, D].
  func callAsFunction(ids: [Int32], _ batch: TextBatch) -> Tensor {
    let (words, device) = (word.weight.tensor, batch.device)
    let padding = ids.indices.filter { Int(ids[$0]) == padID }
    let others: [(table: Tensor, indices: Tensor)] = [
      (position.weight.tensor, batch.positions), (type.weight.tensor, batch.types),
    ]
    let indices = Tensor(HostArray(ids, shape: [ids.count]), on: device)
    guard let padID, !padding.isEmpty else { return norm(Tensor.gatherSum([(words, indices)] + others)) }
    // The padding's row is read, and gets no gradient. It is rare: sequences are not padded.
    let row = words.detached().gatherRows(Tensor(indices: [padID], on: device))
    let tokens = words.gatherRows(indices).replacingRows(Tensor(indices: padding, on: device), by: row)
    return norm(others.reduce(tokens) { $0.addingRows(of: $1.table, $1.indices) })
  }
}

extension BERTConfig {
  /// The encoder: norms stand behind the joints.
  var transformer: TransformerConfig {
    var blocks = TransformerConfig(
      width: width, heads: heads, hidden: intermediateWidth, depth: layers, sites: .bert,
      start: .normal(deviation: deviation))
    (blocks.norm, blocks.epsilon, blocks.activation) = (.behind, epsilon, activation)
    (blocks.attentionDropout, blocks.dropout) = (attentionDropout, dropout)
    return blocks
  }
}

extension BlockSites {
  /// BERT has dropout of attention's probabilities, and behind both outputs.
  static let bert = BlockSites(
    probabilities: 1, attention: Branch(dropout: 2, path: 3), mlp: Branch(dropout: 4, path: 5))
}
