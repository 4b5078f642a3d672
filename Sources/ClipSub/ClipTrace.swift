public import SubCore
public import SubData
import SubNN
public import SubTrain

/// `masksub trace` for CLIP: one step on a given batch, every gradient written out.
public enum ClipTrace {
  /// - Parameters:
  ///   - folder: the weights, with what lies beside them.
  ///   - batch: `images` f32 [N,3,S,S], `text` i64 [N,context], `mask_noise` f32 [N,patches].
  ///   - pieces: in how many pieces the batch passes through the towers.
  ///   - note: told what was guessed of the weights, and what became of them.
  public static func run(
    _ folder: ClipFolder, batch: any NamedTensors, method: any Method.Type, ratio: Double, pieces: Int = 1,
    precision: Precision = .fp32, on device: Device, note: (String) -> Void = { _ in }
  ) throws -> [(name: String, array: HostArray)] {
    let config = folder.config
    try method.init(ratio: ratio).check(patches: config.image.patches, at: "--ratio")
    let model = CLIP(config)
    let set = ParameterSet(model, precision: precision, on: device, key: nil)
    let report = try folder.load(into: set)
    for line in report.details + folder.remarks { note(line) }
    let (pairs, noise) = try self.batch(batch, config, needsNoise: method.hidesParts, device)
    let task = ContrastiveTask(model)
    task.pieces = pieces
    return Trace.run(
      task, pairs, set, method.init(MethodSettings(ratio: ratio, noise: noise)),
      names: report.names,
      outputs: { branch, output in
        var outputs = [("\(branch).logits", output.similarities.rows.host())]
        if branch == "main" {
          outputs.append(("main.image_features", output.imageFeatures.host()))
          outputs.append(("main.text_features", output.textFeatures.host()))
        }
        return outputs
      })
  }

  /// The batch file, checked.
  private static func batch(
    _ file: any NamedTensors, _ config: ClipConfig, needsNoise: Bool, _ device: Device
  ) throws -> (ClipBatch, HostArray?) {
    func array(_ name: String, floating: Bool, _ form: String, _ fits: ([Int]) -> Bool) throws -> HostArray {
      let array = try file.array(named: name)
      guard fits(array.shape), array.dtype.isFloating == floating else {
        throw InputError(
          "shape \(array.shape), type \(array.dtype)", at: "\(file.place), tensor '\(name)'", cure: "give \(form)")
      }
      return array
    }
    let side = config.image.size
    let images = try array("images", floating: true, "f32 [N,3,\(side),\(side)]") {
      $0.count == 4 && $0[0] > 0 && Array($0[1...]) == [3, side, side]
    }
    let count = images.shape[0]
    let text = try array("text", floating: false, "i64 [\(count),\(config.text.contextLength)]") {
      $0.count == 2 && $0[0] == count && $0[1] > 0 && $0[1] <= config.text.contextLength
    }
    let ids = text.integers()
    if let bad = ids.firstIndex(where: { $0 < 0 || $0 >= config.text.vocabularySize }) {
      throw InputError(
        "id \(ids[bad]) at element \(bad) is not in 0 ..< \(config.text.vocabularySize)",
        at: "\(file.place), tensor 'text'", cure: "correct the batch")
    }
    let length = text.shape[1]
    let texts = (0..<count).map { row in ids[row * length..<(row + 1) * length].map { Int32($0) } }
    let patches = config.image.patches
    let noise =
      try needsNoise
      ? array("mask_noise", floating: true, "f32 [\(count),\(patches)]") { $0 == [count, patches] } : nil
    return (ClipBatch(images: Tensor(images, on: device), texts: texts), noise)
  }
}
