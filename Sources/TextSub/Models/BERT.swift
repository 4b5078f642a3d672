public import SubCore
public import SubNN

/// Token, position and type embeddings, summed and normalised.
final class BERTEmbeddings: Module {
  let wordEmbeddings, positionEmbeddings, tokenTypeEmbeddings: Embedding
  @Key var norm: LayerNorm

  init(_ config: BERTConfig) {
    let weights = Initializer.normal(deviation: config.deviation)
    wordEmbeddings = Embedding(config.vocabularySize, config.width, weights: weights, isSparse: true)
    positionEmbeddings = Embedding(config.positions, config.width, weights: weights)
    tokenTypeEmbeddings = Embedding(config.types, config.width, weights: weights)
    _norm = Key(wrappedValue: LayerNorm(config.width, epsilon: config.epsilon), "LayerNorm")
  }

  /// [R, D].
  func callAsFunction(ids: Tensor, _ batch: TextBatch) -> Tensor {
    norm(
      Tensor.gatherSum([
        (wordEmbeddings.weight.tensor, ids), (positionEmbeddings.weight.tensor, batch.positions),
        (tokenTypeEmbeddings.weight.tensor, batch.types),
      ]))
  }
}

/// The three projections of self-attention.
final class BERTSelfAttention: Module {
  let query, key, value: Linear

  init(_ config: BERTConfig) {
    let weights = Initializer.normal(deviation: config.deviation)
    query = Linear(config.width, config.width, weights: weights)
    key = Linear(config.width, config.width, weights: weights)
    value = Linear(config.width, config.width, weights: weights)
  }
}

/// A projection whose dropped-out result joins the residual stream, and the norm behind it.
final class BERTOutput: Module {
  let dense: Linear
  @Key var norm: LayerNorm

  init(from inputs: Int, _ config: BERTConfig) {
    dense = Linear(inputs, config.width, weights: .normal(deviation: config.deviation))
    _norm = Key(wrappedValue: LayerNorm(config.width, epsilon: config.epsilon), "LayerNorm")
  }

  /// LN(x + dropout(dense(branch))).
  func callAsFunction(_ branch: Tensor, addedTo x: Tensor, _ options: BranchOptions) -> Tensor {
    x.adding(branch: dense(branch), options, thenNorm: norm.parameters).normed
  }
}

/// Self-attention with its output.
final class BERTAttention: Module {
  @Key var selfAttention: BERTSelfAttention
  let output: BERTOutput

  init(_ config: BERTConfig) {
    _selfAttention = Key(wrappedValue: BERTSelfAttention(config), "self")
    output = BERTOutput(from: config.width, config)
  }
}

/// The first half of the MLP.
final class BERTIntermediate: Module {
  let dense: Linear

  init(_ config: BERTConfig) {
    dense = Linear(config.width, config.intermediateWidth, weights: .normal(deviation: config.deviation))
  }
}

/// A post-norm encoder layer: y = LN(x + dropout(attention(x))), z = LN(y + dropout(mlp(y))).
final class BERTLayer: Module {
  let attention: BERTAttention
  let intermediate: BERTIntermediate
  let output: BERTOutput
  private let config: BERTConfig

  init(_ config: BERTConfig) {
    self.config = config
    attention = BERTAttention(config)
    intermediate = BERTIntermediate(config)
    output = BERTOutput(from: config.intermediateWidth, config)
  }

  /// All tokens: [R, D] → [R, D].
  func callAsFunction(_ x: Tensor, _ batch: TextBatch, _ pass: Pass) -> Tensor {
    let projections = attention.selfAttention
    let qkv = x.packedLinear([projections.query.packed, projections.key.packed, projections.value.packed])
    return rest(x, qkv.selfAttention(batch.rows, options(batch, pass)), samples: batch.rows, pass)
  }

  /// Only the tokens that the pooler reads, over all keys and values: [R, D] → [N, D].
  func poolingTokens(_ x: Tensor, _ batch: TextBatch, _ pass: Pass) -> Tensor {
    let projections = attention.selfAttention
    let first = x.gatherRows(batch.firstRows)
    let keysAndValues = x.packedLinear([projections.key.packed, projections.value.packed])
    let attended = projections.query(first).attention(
      batch.firstSegments, over: keysAndValues, batch.rows, options(batch, pass))
    return rest(first, attended, samples: batch.firstSegments, pass)
  }

  private func rest(_ x: Tensor, _ attended: Tensor, samples: Segments, _ pass: Pass) -> Tensor {
    let y = attention.output(attended, addedTo: x, branch(pass, site: 2, samples))
    return output(intermediate.dense(y, config.activation), addedTo: y, branch(pass, site: 4, samples))
  }

  private func options(_ batch: TextBatch, _ pass: Pass) -> AttentionOptions {
    AttentionOptions(
      heads: config.heads, keyMask: batch.keyMask, dropout: pass.dropout(config.attentionDropout, site: 1))
  }

  private func branch(_ pass: Pass, site: Int, _ samples: Segments) -> BranchOptions {
    BranchOptions(
      dropout: pass.branchDropout(config.dropout, site: site),
      path: pass.dropPath(0, site: site + 1, samples: samples))
  }
}

final class BERTEncoder: Module {
  let layer: [BERTLayer]

  init(_ config: BERTConfig) { layer = (0..<config.layers).map { _ in BERTLayer(config) } }
}

/// tanh of a projection of the first token.
final class BERTPooler: Module {
  let dense: Linear

  init(_ config: BERTConfig) {
    dense = Linear(config.width, config.width, weights: .normal(deviation: config.deviation))
  }
}

/// The encoder with its pooler.
final class BERTModel: Module {
  let embeddings: BERTEmbeddings
  let encoder: BERTEncoder
  let pooler: BERTPooler
  private let dropout: Float

  init(_ config: BERTConfig) {
    dropout = config.dropout
    embeddings = BERTEmbeddings(config)
    encoder = BERTEncoder(config)
    pooler = BERTPooler(config)
  }

  /// The pooled first tokens: [N, D].
  func callAsFunction(ids: Tensor, _ batch: TextBatch, _ pass: Pass) -> Tensor {
    var x = embeddings(ids: ids, batch).dropped(pass.dropout(dropout, site: -1))
    for (index, layer) in encoder.layer.dropLast().enumerated() { x = layer(x, batch, pass.at(index)) }
    if let last = encoder.layer.last { x = last.poolingTokens(x, batch, pass.at(encoder.layer.count - 1)) }
    return pooler.dense(x, .tanh)
  }
}

/// BERT with a classifier or a regressor on the pooled first token (Devlin et al. 2019), named as transformers'
/// `BertForSequenceClassification`. The last layer computes only what the pooler reads.
public final class BERTForSequenceClassification: Module {
  let bert: BERTModel
  let classifier: Linear
  /// The configuration it was made of.
  public let config: BERTConfig
  /// The number of logits; 1 is a regression.
  public let labelCount: Int

  /// A network without memory yet: make a `ParameterSet` of it.
  public init(_ config: BERTConfig, labels: Int) {
    precondition(config.layers > 0, "BERT without layers")
    self.config = config
    labelCount = labels
    bert = BERTModel(config)
    classifier = Linear(config.width, labels, weights: .normal(deviation: config.deviation))
  }

  /// Logits [N, labels]. Where the trip hides tokens, that share of the eligible ones becomes `[MASK]`.
  public func callAsFunction(_ batch: TextBatch, _ pass: Pass) -> Tensor {
    let pooled = bert(ids: batch.inputIDs(pass), batch, pass)
    return classifier(pooled.dropped(pass.dropout(config.classifierDropout ?? config.dropout, site: -2)))
  }
}
