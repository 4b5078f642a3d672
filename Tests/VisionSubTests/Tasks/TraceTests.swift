import Foundation
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import TraceCases

@testable import VisionSub

/// One MaskSub step against timm in float64. The cases are made by scripts/reference/trace_fixtures.py; those of
/// scripts/reference/make_traces.py (every family at real widths) run too where `MASKSUB_TRACES` names their folder.
@Suite struct TraceTests {
  static let fixtures = Bundle.module.resourcePath! + "/Fixtures/traces"

  @Test(arguments: [
    "vit-token", "deit3-official", "mae-avg", "beitv2", "beitv2-shared", "clip-token", "ft-clip",
  ])
  func `a step gives timm's logits, losses and gradients`(_ name: String) throws {
    try TraceCase("\(Self.fixtures)/\(name)").compare(on: .cpu)
  }

  @Test func `the reference device gives the same step`() throws {
    for name in ["deit3-official", "beitv2"] { try TraceCase("\(Self.fixtures)/\(name)").compare(on: .reference) }
  }

  @Test func `a CUDA device gives the same step`() throws {
    let device = try #require(Device("cuda"))
    for name in ["vit-token", "mae-avg", "beitv2"] { try TraceCase("\(Self.fixtures)/\(name)").compare(on: device) }
  }

  @Test func `pixels behind the last whole patch are not seen`() throws {
    let model = try TraceCase("\(Self.fixtures)/vit-token")
    let (folder, weights) = (TemporaryFolder(), try model.tensors("model.safetensors"))
    let path = folder["batch.safetensors"]
    let batch = try model.tensors("batch.safetensors").arrays()
    let images = try #require(batch.first { $0.name == "images" }).array
    let (side, pixels) = (images.shape[3], images.floats())
    let larger = (0..<pixels.count / (side * side)).flatMap { plane in
      (0..<side + 2).flatMap { row in
        (0..<side + 2).map { column in
          row < side && column < side ? pixels[(plane * side + row) * side + column] : Float(9)
        }
      }
    }
    let shape = [images.shape[0], 3, side + 2, side + 2]
    try Safetensors.write(
      batch.map { (name: $0.name, array: $0.name == "images" ? HostArray(larger, shape: shape) : $0.array) }, to: path)
    let logits = try [model.tensors("batch.safetensors"), TensorFile.open(path)].map { batch in
      let results = try VisionTrace.run(
        model: nil, weights: weights, batch: batch, ratio: 0.5, objective: .crossEntropy)
      return try #require(results.first { $0.name == "main.logits" }).array.floats()
    }
    #expect(logits[0].count == logits[1].count && zip(logits[0], logits[1]).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `labels of every whole type are classes`() throws {
    let model = try TraceCase("\(Self.fixtures)/vit-token")
    let batch = try model.tensors("batch.safetensors").arrays()
    let folder = TemporaryFolder()
    let losses = try [DType.i64, .i32, .u8].map { type in
      let path = folder["\(type).safetensors"]
      let labels = try #require(batch.first { $0.name == "labels" }).array.integers()
      let typed =
        switch type {
        case .u8: HostArray(labels.map { UInt8($0) }, shape: [labels.count], dtype: .u8)
        case .i32: HostArray(labels.map { Int32($0) }, shape: [labels.count])
        default: HostArray(labels.map { Int64($0) }, shape: [labels.count])
        }
      try Safetensors.write(
        batch.map { (name: $0.name, array: $0.name == "labels" ? typed : $0.array) }, to: path)
      let results = try VisionTrace.run(
        model: try model.option("--model"), weights: try model.tensors("model.safetensors"),
        batch: try TensorFile.open(path), ratio: 0.5, objective: .crossEntropy, on: .cpu)
      return try #require(results.first { $0.name == "loss" }).array.floats()[0]
    }
    #expect(losses[1] == losses[0] && losses[2] == losses[0])
  }

  @Test(arguments: TraceCase.given) func `a step of a real width gives timm's`(_ path: String) throws {
    try TraceCase(path).compare(on: .cpu)
    if FileManager.default.fileExists(atPath: path + "/evaluated.safetensors") {
      try TraceCase(path).compareEvaluation(on: .cpu)
    }
  }
}

/// The timm side of a case.
extension TraceCase {
  /// The cases of the folder that the environment names, and of those only the named ones if any.
  static var given: [String] {
    let environment = ProcessInfo.processInfo.environment
    guard let root = environment["MASKSUB_TRACES"],
      let names = try? FileManager.default.contentsOfDirectory(atPath: root + "/vit")
    else { return [] }
    let only = environment["MASKSUB_TRACES_ONLY"] ?? ""
    return names.sorted().filter { only.isEmpty || $0.contains(only) }.map { "\(root)/vit/\($0)" }
  }

  /// The step with the weights in every form in which the case has them.
  func compare(on device: Device) throws {
    for file in ["model.safetensors", "model.pth", "model_legacy.pth"]
    where file.hasSuffix("safetensors") || FileManager.default.fileExists(atPath: "\(path)/\(file)") {
      let results = try VisionTrace.run(
        model: try option("--model"), weights: try tensors(file), batch: try tensors("batch.safetensors"),
        ratio: try #require(Double(try option("--ratio"))),
        objective: try option("--loss") == "bce" ? .binaryCrossEntropy : .crossEntropy, on: device)
      #expect(try differences(of: results) == [], "\(path)/\(file)")
    }
  }

  /// The case's network with its weights, and the images of its batch.
  func network(on device: Device) throws -> (model: any VisionModel, set: ParameterSet, images: Tensor) {
    let (family, weights) = try VisionFamilies.recognise(tensors("model.safetensors"))
    let images = try tensors("batch.safetensors").array(named: "images")
    let hint = VisionFamilies.configuration(named: try option("--model"))
    var config = try family.recognised(weights, like: hint, beside: ModelNotes()).configuration
    config.imageSize = images.shape[3]
    let model = config.makeModel()
    let set = ParameterSet(model, on: device, key: nil)
    _ = try set.load(
      weights, config.plan(for: weights, of: config), startingFrom: RandomKey(seed: 0), config.published)
    return (model, set, Tensor(images, on: device))
  }

  /// The logits of the case's images as evaluation has them.
  func compareEvaluation(on device: Device) throws {
    let (model, _, images) = try network(on: device)
    let logits = Tape.withoutRecording { model(images, .evaluation).host().doubles() }
    let wanted = try tensors("evaluated.safetensors").array(named: "logits").doubles()
    let error = zip(logits, wanted).map { abs($0 - $1) }.max() ?? 0
    #expect(logits.count == wanted.count && error <= 1e-4 * (wanted.map(abs).max() ?? 0), "\(path): \(error)")
  }
}
