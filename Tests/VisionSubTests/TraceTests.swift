import Foundation
import SubCore
import SubData
import SubNN
import Testing
import VisionSub

/// One MaskSub step against timm in float64. The cases are made by scripts/reference/vision_fixtures.py; those of
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

  @Test(arguments: TraceCase.given) func `a step of a real width gives timm's`(_ path: String) throws {
    try TraceCase(path).compare(on: .cpu)
  }
}

/// A case's folder.
struct TraceCase {
  let path: String
  let model: String
  let ratio: Double
  let objective: Loss
  let tolerance: Double

  /// The transformer cases of the folder that the environment names, and of those only the named ones if any.
  static var given: [String] {
    let environment = ProcessInfo.processInfo.environment
    guard let root = environment["MASKSUB_TRACES"],
      let names = try? FileManager.default.contentsOfDirectory(atPath: root + "/vit")
    else { return [] }
    let only = environment["MASKSUB_TRACES_ONLY"] ?? ""
    return names.sorted().filter {
      !$0.contains("swin") && !$0.contains("resnet") && (only.isEmpty || $0.contains(only))
    }
    .map { "\(root)/vit/\($0)" }
  }

  init(_ path: String) throws {
    self.path = path
    let facts = try JSON.read(path + "/case.json")
    let arguments = try #require(facts["arguments"]?.array).compactMap(\.string)
    func option(_ name: String) throws -> String {
      arguments[try #require(arguments.firstIndex(of: name)) + 1]
    }
    model = try option("--model")
    ratio = try #require(Double(try option("--ratio")))
    objective = try option("--loss") == "bce" ? .binaryCrossEntropy : .crossEntropy()
    tolerance = try #require(facts["gradient_tolerance"]?.double)
  }

  /// Relative to each tensor's largest value, as compare_trace.py does; a gradient that is zero by mathematics (a key's
  /// bias) is held against a hundredth of the largest gradient.
  func compare(on device: Device) throws {
    for file in ["model.safetensors", "model.pth", "model_legacy.pth"]
    where file.hasSuffix("safetensors") || FileManager.default.fileExists(atPath: "\(path)/\(file)") {
      try compare(file, on: device)
    }
  }

  private func compare(_ weights: String, on device: Device) throws {
    let results = try VisionTrace.run(
      model: model, weights: try TensorFile.open("\(path)/\(weights)"),
      batch: try TensorFile.open(path + "/batch.safetensors"), ratio: ratio, objective: objective, on: device)
    let expected = try TensorFile.open(path + "/expected.safetensors")
    #expect(Set(results.map(\.name)) == Set(expected.names))
    let tops = try expected.names.map { ($0, try expected.array(named: $0).doubles().map(abs).max() ?? 0) }
    let largest = tops.filter { $0.0.hasPrefix("grad.") }.map(\.1).max() ?? 0
    for (name, top) in tops {
      let got = try #require(results.first { $0.name == name }, "\(name)").array
      let wanted = try expected.array(named: name)
      #expect(got.shape.filter { $0 != 1 } == wanted.shape.filter { $0 != 1 }, "\(name)")
      let isGradient = name.hasPrefix("grad.")
      let scale = isGradient && top <= 1e-7 * largest ? largest / 100 : top
      let difference = zip(got.doubles(), wanted.doubles()).map { abs($0 - $1) }.max() ?? 0
      #expect(difference <= (isGradient ? tolerance : 1e-4) * scale, "\(name): \(difference / scale)")
    }
  }
}
