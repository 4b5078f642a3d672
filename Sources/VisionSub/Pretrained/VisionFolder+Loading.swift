public import SubCore
import SubData
public import SubTrain

// How the weights get into a model.
extension VisionFolder {
  /// Puts the weights into a model of `configuration`; what they do not give is started from `key`. With `headMap` the
  /// classifier takes these rows of theirs.
  public func load(
    into set: ParameterSet, of configuration: any VisionConfiguration, startingFrom key: RandomKey,
    headMap: HeadMap? = nil
  ) throws -> LoadReport {
    try load(weights, into: set, of: configuration, startingFrom: key, headMap)
  }

  /// The same for a run or an evaluation, which may be of the average of the weights.
  func load(
    into set: ParameterSet, of configuration: any VisionConfiguration, startingFrom key: RandomKey, isTraining: Bool,
    headMap: HeadMap? = nil
  ) throws -> LoadReport {
    let report = try load(into: set, of: configuration, startingFrom: key, headMap: headMap)
    if let average, hints.key == "ema" || hints.key == nil && !isTraining {
      let weights = Weights(try Safetensors.open(average), self.configuration.published)
      _ = try load(weights, into: set, of: configuration, startingFrom: key, headMap)
    }
    return report
  }

  private func load(
    _ weights: Weights, into set: ParameterSet, of configuration: any VisionConfiguration, startingFrom key: RandomKey,
    _ headMap: HeadMap?
  ) throws -> LoadReport {
    var plan = try configuration.plan(for: weights, of: found)
    if let headMap {
      guard let head = try headRows else {
        throw InputError(
          "the weights have no head to take rows of", at: path, cure: "leave --head-map out: a new head begins")
      }
      try headMap.check(head: head, classes: configuration.classes)
      (plan.starts, plan.rows) = ([], [("\(configuration.head).*", headMap.rows)])
    }
    return try set.load(weights, plan, startingFrom: key, configuration.published)
  }

  /// Final norms among tensors of the file that a model does not read: its head would read other features with them.
  func norms(among unused: [String]) -> [String] {
    let norms = ["norm", "fc_norm"].flatMap {
      weights.fileNames(of: "\($0).weight") + weights.fileNames(of: "\($0).bias")
    }
    return unused.filter(norms.contains)
  }

  /// Rows of the classifier in the weights; nil where they have none.
  var headRows: Int? { get throws { try weights.shape(of: "\(found.head).weight")?.first } }

  /// Puts the weights into a model as they are to be evaluated: the average where the run kept one. Throws an
  /// `InputError` where the file has no classifier and one is needed. The mask token, which evaluation does not see, may be
  /// newly made.
  @discardableResult
  public func loadForEvaluation(into set: ParameterSet, needsClassifier: Bool = true) throws -> LoadReport {
    let report = try load(into: set, of: configuration, startingFrom: RandomKey(seed: 0), isTraining: false)
    let absent = report.made.filter { !$0.hasSuffix("mask_token") }
    guard absent.isEmpty || !needsClassifier else {
      if weights.naming.isPart, weights.source.contains("classifier.weight") {
        throw InputError(
          "the classifier of transformers' CLIPForImageClassification reads the mean of patches without a norm, which is "
            + "not supported", at: path,
          cure: "finetune the image tower with a head of its own (masksub finetune --from \(path))")
      }
      throw InputError(
        "there is no classifier: \(absent.joined(separator: ", ")) are missing", at: path,
        cure: "give a fine-tuned model (masksub finetune makes one); a CLIP with both towers classifies without one: "
          + "masksub zero-shot")
    }
    return report
  }
}
