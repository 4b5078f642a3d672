public import SubCore
public import SubData
import SubNN
public import SubTrain

/// `masksub trace` for BERT: one step on a given batch, every gradient written out.
public enum TextTrace {
  /// - Parameters:
  ///   - weights: a sequence classification checkpoint; the number of labels is that of its classifier.
  ///   - batch: `input_ids, attention_mask, token_type_ids, special_tokens_mask` i64 [N,T], `mask_token_id` i64 [1],
  ///     `labels`, `mask_noise` f32 [N,T].
  public static func run(
    _ config: BERTConfig, weights: some NamedTensors, batch: some NamedTensors, method: any Method.Type,
    ratio: Double, precision: Precision = .fp32, on device: Device
  ) throws -> [(name: String, array: HostArray)] {
    let checkpoint = try BERTFamily().recognised(weights)
    guard let labels = BERTFamily.labelCount(checkpoint) else {
      throw InputError(
        "there is no classifier, so the number of labels is unknown",
        at: "\(weights.place), tensor 'classifier.weight'",
        cure: "give the weights of a BertForSequenceClassification")
    }
    try weights.checkFilling(config.weightCount, claimedAt: weights.place)
    let model = BERTForSequenceClassification(config, labels: labels)
    let set = ParameterSet(model, precision: precision, on: device, key: nil)
    let names = try set.load(checkpoint, startingFrom: RandomKey(seed: 0), .bert).names
    let (packed, noise) = try TraceBatch(batch, config, labels: labels, needsNoise: method.hidesParts).packed(
      on: device)
    return Trace.run(
      SequenceClassification(model), packed, set, method.init(MethodSettings(ratio: ratio, noise: noise)),
      names: names,
      outputs: { [("\($0).logits", $1.host())] })
  }
}

/// The batch file of a trace, checked.
private struct TraceBatch {
  let ids, mask, types, special: [Int]
  let rows, length: Int
  let maskID: Int32
  let labels: HostArray
  let labelCount: Int
  let noise: HostArray?

  init(_ file: some NamedTensors, _ config: BERTConfig, labels count: Int, needsNoise: Bool) throws {
    func wrong(_ what: String, _ name: String, _ cure: String) -> InputError {
      InputError(what, at: "\(file.place), tensor '\(name)'", cure: cure)
    }
    let idArray = try file.array(named: "input_ids")
    guard idArray.shape.count == 2, idArray.count > 0, !idArray.dtype.isFloating else {
      throw wrong("shape \(idArray.shape), type \(idArray.dtype)", "input_ids", "give i64 [N,T]")
    }
    let shape = idArray.shape
    (rows, length) = (shape[0], shape[1])
    func table(_ name: String, below bound: Int) throws -> [Int] {
      let array = try file.array(named: name)
      guard array.shape == shape, !array.dtype.isFloating else {
        throw wrong("shape \(array.shape), type \(array.dtype)", name, "give i64 \(shape) like input_ids")
      }
      let values = array.integers()
      guard let bad = values.firstIndex(where: { $0 < 0 || $0 >= bound }) else { return values }
      throw wrong("value \(values[bad]) at element \(bad) is not in 0 ..< \(bound)", name, "correct the batch")
    }
    guard length <= config.positions else {
      throw wrong("\(length) tokens, the model has \(config.positions) positions", "input_ids", "cut the batch")
    }
    ids = try table("input_ids", below: config.vocabularySize)
    mask = try table("attention_mask", below: 2)
    types = try table("token_type_ids", below: config.types)
    special = try table("special_tokens_mask", below: 2)
    let token = try file.array(named: "mask_token_id")
    guard token.count == 1, !token.dtype.isFloating else {
      throw wrong("shape \(token.shape), type \(token.dtype)", "mask_token_id", "give i64 [1]")
    }
    let id = token.integers()[0]
    guard id >= 0, id < config.vocabularySize else {
      throw wrong("id \(id) is not in the vocabulary", "mask_token_id", "give i64 [1]")
    }
    maskID = Int32(id)
    labels = try file.array(named: "labels")
    labelCount = count
    guard labels.shape == [rows] else {
      throw wrong("shape \(labels.shape)", "labels", "give one label for each of the \(rows) sequences")
    }
    if count > 1 {
      guard !labels.dtype.isFloating, labels.integers().allSatisfy({ $0 >= 0 && $0 < count }) else {
        throw wrong("a label is not in 0 ..< \(count)", "labels", "give i64 classes")
      }
    }
    guard needsNoise else {
      noise = nil
      return
    }
    let given = try file.array(named: "mask_noise")
    guard given.shape == shape, given.dtype.isFloating else {
      throw wrong("shape \(given.shape), type \(given.dtype)", "mask_noise", "give f32 \(shape)")
    }
    noise = given
  }

  /// Visible tokens only; the first token is always there, since the pooler reads it.
  func packed(on device: Device) throws -> (TextBatch, HostArray?) {
    let sequences = (0..<rows).map { row in
      let kept = (0..<length).filter { $0 == 0 || mask[row * length + $0] == 1 }
      var sequence = TextBatch.Sequence(
        ids: kept.map { Int32(ids[row * length + $0]) }, typeIDs: kept.map { Int32(types[row * length + $0]) },
        isEligible: kept.map { special[row * length + $0] == 0 })
      sequence.positions = kept.map { Int32($0) }
      sequence.isVisible = kept.map { mask[row * length + $0] == 1 }
      sequence.noisePlaces = kept.map { row * length + $0 }
      return sequence
    }
    let target: Target =
      labelCount == 1
      ? .probabilities(Tensor(labels, dtype: .f32, on: device).reshaped([rows, 1]))
      : .labels(Tensor(HostArray(labels.integers().map { Int32($0) }, shape: [rows]), on: device), smoothing: 0)
    return (TextBatch(sequences, target: target, maskID: maskID, on: device), noise)
  }
}
