import SubCore
public import SubData
import SubNN
import SubTrain
import TextSub

/// The folder of a small BERT of ten pieces and twelve positions, as transformers would write it, for a test to change.
public struct TinyBERTFolder {
  /// The folder.
  public let path: String

  /// Writes it. `outputs`: of its classifier, classes without names; `types`: rows of its table of segments.
  public init(_ path: String, outputs: Int = 2, types: Int = 2) throws {
    self.path = path
    var sizes = BERTConfig()
    (sizes.vocabularySize, sizes.width, sizes.layers, sizes.heads) = (11, 16, 2, 2)
    (sizes.intermediateWidth, sizes.positions, sizes.types) = (32, 12, types)
    sizes.deviation = 0.5
    let weights = ParameterSet(
      BERTForSequenceClassification(sizes, labels: outputs), on: .cpu, key: RandomKey(seed: 1))
    let pieces = WordPieceTokenizer.specialTokens + ["cat", "dog", "the", "sat", "Cat"]
    try FileSystem.makeFolder(path)
    try TextFolder.write(
      to: path, weights, config: sizes.json(labels: [], problem: .singleLabel),
      tokenizer: WordPieceTokenizer(vocabulary: pieces, lowercase: false, name: path), names: WeightNames(.bert))
    for key in ["problem_type", "id2label", "label2id"] { try set(key, nil) }
    try set("model_max_length", nil, in: "tokenizer_config.json")
  }

  /// Puts a member into one of its JSON files, or takes it out.
  public func set(_ key: String, _ value: JSON?, in file: String = "config.json") throws {
    let place = FileSystem.join(path, file)
    let known = FileSystem.kind(place) == .file ? try JSON.read(place).object?.members ?? [] : []
    var object = JSON.Object(known.filter { $0.key != key }.map { (key: $0.key, value: $0.value) })
    object[key] = value
    try AtomicFile.write(JSON.object(object).text(), to: place)
  }
}
