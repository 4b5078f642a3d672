import SubCore
import Testing

@testable import SubData

/// The numbers of scripts/reference/image_batch.py.
struct BatchReference: Decodable {
  struct Targets: Decodable {
    let labels: [Int]
    let classes: Int
    let weight: Double
    let smoothing: Double
    let values: [Float]
  }
  struct Simple: Decodable {
    let width: Int
    let height: Int
    let crcs: [UInt32]
  }
  let normalised: UInt32
  let clip: UInt32
  let mixup: UInt32
  let mixupOdd: UInt32
  let cutmix: UInt32
  let mixupBytes: UInt32
  let targets: [Targets]
  let simple: Simple
  let evaluation: UInt32
}

struct BatchMixingTests {
  private let size = 16

  private func parts() throws -> [RGBImage] {
    let whole = try ImageFixtures.pictures()[1]
    return [(0, 0), (16, 0), (0, 16), (16, 16)].map {
      whole.cropped(to: PixelArea(left: $0, top: $1, width: 16, height: 16))
    }
  }

  /// The normalised batch of some of the parts, after `body`.
  private func batch(
    _ count: Int = 4, _ normalization: Normalization = .imageNet,
    _ body: (UnsafeMutablePointer<Float>) -> Void = { _ in }
  ) throws -> UInt32 {
    var values = [Float](repeating: 0, count: count * 3 * size * size)
    try values.withUnsafeMutableBufferPointer { memory in
      for (index, part) in try parts().prefix(count).enumerated() {
        normalization.write(part, to: memory.baseAddress! + index * 3 * size * size)
      }
      body(memory.baseAddress!)
    }
    return values.withUnsafeBytes { [UInt8]($0) }.crc
  }

  @Test func `normalisation gives torchvision's bits`() throws {
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json")
    #expect(try batch() == reference.normalised)
    #expect(try batch(4, .clip) == reference.clip)
    #expect(Normalization.imageNet.fill == [124, 116, 104] && Normalization.clip.fill == [123, 117, 104])
    let picture = try parts()[0]
    var planes = [Float](repeating: 0, count: 768)
    Normalization.clip.write(picture, to: &planes)
    #expect(Normalization.clip.image(planes: planes, width: 16, height: 16) == picture)
  }

  @Test func `mixup and CutMix give timm's bits`() throws {
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json")
    #expect(try batch { MixPlan.mixup(weight: 0.3).apply(to: $0, count: 4, width: 16, height: 16) } == reference.mixup)
    #expect(
      try batch(3) { MixPlan.mixup(weight: 0.3).apply(to: $0, count: 3, width: 16, height: 16) } == reference.mixupOdd)
    let cut = MixPlan.cutmix(PixelArea(left: 5, top: 3, width: 11, height: 8), weight: 1 - 88.0 / 256)
    #expect(try batch { cut.apply(to: $0, count: 4, width: 16, height: 16) } == reference.cutmix)
    var bytes = try parts()
    MixPlan.mixup(weight: 0.3).apply(to: &bytes)
    #expect(bytes.flatMap(\.pixels).crc == reference.mixupBytes)
    var cutBytes = try parts()
    cut.apply(to: &cutBytes)
    let old = try parts()
    #expect(cutBytes[0][5, 3] == old[3][5, 3] && cutBytes[0][4, 3] == old[0][4, 3])
    #expect(cutBytes[3][15, 10] == old[0][15, 10])
  }

  @Test func `targets give timm's numbers`() throws {
    for entry in try ImageFixtures.decode(BatchReference.self, "batch.json").targets {
      let plan: MixPlan = entry.weight == 1 ? .none : .mixup(weight: entry.weight)
      let targets = plan.targets(labels: entry.labels, classes: entry.classes, smoothing: entry.smoothing)
      #expect(targets.shape == [entry.labels.count, entry.classes])
      let values = targets.floats()
      let width = min(8, entry.classes)
      let shown = (0..<entry.labels.count).flatMap { values[($0 * entry.classes)..<($0 * entry.classes + width)] }
      #expect(shown == entry.values)
    }
    let golden = MixPlan.mixup(weight: 0.3).targets(labels: [4, 9], classes: 1000, smoothing: 0.1).floats()
    #expect(abs(golden[4] - 0.2701) < 1e-6 && abs(golden[9] - 0.6301) < 1e-6)
  }

  @Test func `half of the batches are cut, boxes and weights belong together`() {
    let mixing = BatchMixing(mixup: 0.8, cutmix: 1, smoothing: 0.1)
    var cuts = 0
    for seed in 0..<2000 {
      switch mixing.plan(width: 24, height: 20, key: RandomKey(seed: seed)) {
      case .cutmix(let area, let weight):
        cuts += 1
        #expect(area.left >= 0 && area.top >= 0 && area.left + area.width <= 24 && area.top + area.height <= 20)
        #expect(weight == 1 - Double(area.width * area.height) / 480)
      case .mixup(let weight): #expect(weight > 0 && weight < 1)
      case .none: Issue.record("nothing drawn")
      }
    }
    #expect(abs(cuts - 1000) < 100)
    #expect(BatchMixing(mixup: 0, cutmix: 0).plan(width: 8, height: 8, key: RandomKey(seed: 0)) == .none)
    for seed in 0..<50 {
      guard case .mixup = BatchMixing(mixup: 0.1, cutmix: 0).plan(width: 8, height: 8, key: RandomKey(seed: seed))
      else {
        continue
      }
      #expect(
        BatchMixing(mixup: 0.1, cutmix: 0, probability: 0).plan(width: 8, height: 8, key: RandomKey(seed: seed))
          == .none)
    }
  }

  @Test func `Beta numbers have Beta's mean and variance`() {
    for shape in [0.1, 0.8, 1, 3.5] {
      let numbers = (0..<20_000).map { BatchMixing.beta(shape, RandomKey(seed: $0)) }
      let mean = numbers.reduce(0, +) / 20_000
      let variance = numbers.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / 20_000
      #expect(abs(mean - 0.5) < 0.01, "shape \(shape)")
      #expect(abs(variance - 1 / (4 * (2 * shape + 1))) < 0.004, "shape \(shape)")
    }
  }
}
