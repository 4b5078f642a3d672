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

  /// The numbers of some of the parts, mixed.
  private func batch(
    _ count: Int = 4, _ normalization: Normalization = .imageNet, _ mixing: MixPlan = .none
  ) throws -> [Float] {
    let pipeline = ImagePipeline(size: size, framing: .center(resize: size), normalization: normalization)
    let pictures = try parts().prefix(count).map { pipeline.image($0, key: RandomKey(seed: 0)) }
    return Tensor(pipeline.pixels(pictures, mixing: mixing), on: .cpu).floats()
  }

  @Test func `normalisation gives torchvision's bits`() throws {
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json")
    #expect(try batch().crc == reference.normalised)
    #expect(try batch(4, .clip).crc == reference.clip)
    #expect(Normalization.imageNet.fill == [124, 116, 104] && Normalization.clip.fill == [123, 117, 104])
    let planes = try batch(1, .clip)
    #expect(try Normalization.clip.image(planes: planes, width: 16, height: 16) == parts()[0])
  }

  @Test func `mixup and CutMix give timm's bits`() throws {
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json")
    #expect(try batch(4, .imageNet, .mixup(weight: 0.3)).crc == reference.mixup)
    #expect(try batch(3, .imageNet, .mixup(weight: 0.3)).crc == reference.mixupOdd)
    let cut = MixPlan.cutmix(PixelArea(left: 5, top: 3, width: 11, height: 8), weight: 1 - 88.0 / 256)
    #expect(try batch(4, .imageNet, cut).crc == reference.cutmix)
    var bytes = try parts()
    MixPlan.mixup(weight: 0.3).apply(to: &bytes)
    #expect(bytes.flatMap(\.pixels).crc == reference.mixupBytes)
    var cutBytes = try parts()
    cut.apply(to: &cutBytes)
    let old = try parts()
    #expect(cutBytes[0][5, 3] == old[3][5, 3] && cutBytes[0][4, 3] == old[0][4, 3])
    #expect(cutBytes[3][15, 10] == old[0][15, 10])
  }

  /// What is erased in a picture goes with its pixels.
  @Test func `mixing takes what was erased along`() throws {
    let pipeline = ImagePipeline(
      size: size, framing: .center(resize: size), erasing: RandomErasing(probability: 1))
    let pictures = try parts().enumerated().map { pipeline.image($1, key: RandomKey(seed: $0)) }
    let plain = Tensor(pipeline.pixels(pictures), on: .cpu).floats()
    func mixed(_ plan: MixPlan) -> [Float] { Tensor(pipeline.pixels(pictures, mixing: plan), on: .cpu).floats() }
    let area = PixelArea(left: 2, top: 4, width: 9, height: 10)
    let (blend, cut) = (mixed(.mixup(weight: 0.3)), mixed(.cutmix(area, weight: 0.6)))
    for index in plain.indices {
      let (picture, place) = (index / 768, index % 768)
      let partner = plain[(3 - picture) * 768 + place]
      #expect(blend[index] == plain[index] * Float(0.3) + partner * Float(0.7))
      let isCut = (4..<14).contains(place / 16 % 16) && (2..<11).contains(place % 16)
      #expect(cut[index] == (isCut ? partner : plain[index]))
    }
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
