public import SubCore
public import SubData
public import SubNN
public import SubTrain

/// `masksub trace` for vision models: one step of the method with everything written out.
public enum VisionTrace {
  /// Runs a step without dropout, stochastic depth, augmentation, clipping or update.
  ///
  /// - Parameters:
  ///   - model: a timm name, or nil to recognise the weights.
  ///   - batch: `images` f32 [N, 3, H, W], `labels` i64 [N], `mask_noise` f32 [N, L].
  ///   - objective: against labels that are not smoothed; `.binaryCrossEntropy` takes them as one-hot.
  ///   - note: told where the weights are of another size than the model of that name.
  /// - Returns: `main.logits`, `sub.logits`, `loss.main`, `loss.sub`, `loss`, and `grad.NAME` for every parameter, in
  ///   the weight file's own names. Throws an `InputError` where weights or batch are not what they should be.
  public static func run(
    model variant: String?, weights: any NamedTensors, batch: any NamedTensors, ratio: Double, objective: Loss,
    method: any Method.Type = MaskSub.self, precision: Precision = .fp32, on device: Device = .cpu,
    note: (String) -> Void = { _ in }
  ) throws -> [(name: String, array: HostArray)] {
    let (family, weights) = try VisionFamilies.recognise(weights)
    let hint = try variant.map {
      try VisionFamilies.configuration(named: $0, of: family, at: "--model", isUsage: true)
    }
    // Where weights do not tell how large images are, these images do.
    let images = try batch.info(named: "images").shape
    let found = try family.recognised(
      weights, like: hint, beside: ModelNotes(hints: WeightHints(imageSize: images.last)))
    let configuration = found.configuration
    if let hint, let variant, hint.summary != configuration.summary {
      note("traced is the network of the weights, \(configuration.summary); \(variant) is \(hint.summary)")
    }
    try configuration.validate(at: "\(batch.place), tensor 'images'")
    try configuration.check(method.init(ratio: ratio))
    let inputs = try VisionBatchFile(batch, configuration)
    let model = configuration.makeModel()
    let set = ParameterSet(model, precision: precision, on: device, key: nil)
    let report = try set.load(
      weights, configuration.plan(for: weights, of: found.configuration), startingFrom: RandomKey(seed: 0),
      configuration.published)
    return Trace.run(
      ImageClassification(model, objective: objective), inputs.upload(to: device), set,
      method.init(MethodSettings(ratio: ratio, noise: inputs.noise)), names: report.names,
      outputs: { [($0 + ".logits", $1.host())] })
  }
}

/// A trace's batch, checked against the model.
private struct VisionBatchFile {
  let images, labels, noise: HostArray

  init(_ file: any NamedTensors, _ config: any VisionConfiguration) throws {
    func failure(_ what: String, _ tensor: String, _ cure: String) -> InputError {
      InputError(what, at: "\(file.place), tensor '\(tensor)'", cure: cure)
    }
    images = try file.array(named: "images")
    labels = try file.array(named: "labels")
    noise = try file.array(named: "mask_noise")
    let side = config.imageSize
    guard images.dtype.isFloating, images.shape.count == 4, images.shape[0] > 0,
      Array(images.shape[1...]) == [3, side, side]
    else {
      throw failure("images \(images.shape) of type \(images.dtype)", "images", "give f32 [N, 3, \(side), \(side)]")
    }
    let count = images.shape[0]
    guard labels.shape == [count], !labels.dtype.isFloating,
      labels.integers().allSatisfy({ (0..<config.classes).contains($0) })
    else { throw failure("labels \(labels.shape)", "labels", "give i64 [\(count)] from 0 to \(config.classes - 1)") }
    guard noise.shape == [count, config.cells.count], noise.dtype.isFloating else {
      throw failure("mask noise \(noise.shape)", "mask_noise", "give f32 [\(count), \(config.cells.count)]")
    }
  }

  func upload(to device: Device) -> ImageClassification.Batch {
    ImageClassification.Batch(
      images: Tensor(images, on: device), target: .labels(Tensor(indices: labels.integers(), on: device), smoothing: 0))
  }
}
