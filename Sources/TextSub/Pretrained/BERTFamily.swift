import SubData
import SubNN
public import SubTrain

/// BERTs, as transformers names them now and as it once did.
public struct BERTFamily: ModelFamily {
  public let name = "BERT"
  public let namings: [Naming] = [.bert]

  /// The family.
  public init() {}

  public func summary(of weights: Weights) throws -> String {
    let config = try sizes(of: weights)
    let parts = [
      "BERT", "\(config.layers) layers", "width \(config.width)", "\(config.vocabularySize) tokens",
      Self.labelCount(weights).map { "\($0) \($0 == 1 ? "label" : "labels")" },
      weights.source.names.contains { $0.hasSuffix("cls.predictions.bias") } ? "masked-language head" : nil,
    ]
    return parts.compactMap { $0 }.joined(separator: ", ")
  }

  public func tensorNames(of weights: Weights) throws -> [String] {
    let labels = Self.labelCount(weights) ?? 1
    return BERTForSequenceClassification(try sizes(of: weights), labels: labels).namedParameters().map(\.name)
  }

  /// The number of classes of a fine-tuned file; nil where it holds no classifier.
  public static func labelCount(_ weights: Weights) -> Int? {
    (try? weights.shape(of: "head.weight"))?.first { $0 > 0 }
  }

  /// How weights come into a network with a classifier of `labels`: pretraining's files have none, and some no pooler.
  static func plan(_ weights: Weights, labels: Int, width: Int, isTrained: Bool) throws -> LoadPlan {
    guard !isTrained else { return LoadPlan() }
    var plan = LoadPlan(mayStart: ["head.*", "pooler.*"])
    if try weights.shape(of: "head.weight") != [labels, width] { plan.starts = ["head.*"] }
    return plan
  }

  /// The sizes that the tensors' shapes tell; how many heads they are cut into no tensor tells.
  private func sizes(of weights: Weights) throws -> BERTConfig {
    func shape(_ name: String) throws -> [Int] {
      guard let shape = try weights.shape(of: name), shape.count == 2, shape.allSatisfy({ (1...1 << 24).contains($0) })
      else { throw weights.failure("it is missing, or no matrix", name, cure: "give the weights of a whole BERT") }
      return shape
    }
    var config = BERTConfig()
    let words = try shape("embeddings.word.weight")
    (config.vocabularySize, config.width, config.heads) = (words[0], words[1], 1)
    config.positions = try shape("embeddings.position.weight")[0]
    config.types = try shape("embeddings.type.weight")[0]
    _ = try shape("blocks.0.attn.qkv.weight")
    config.layers = (0...).first { !weights.contains("blocks.\($0).attn.qkv.weight") } ?? 0
    config.intermediateWidth = try shape("blocks.0.mlp.fc1.weight")[0]
    return config
  }
}
