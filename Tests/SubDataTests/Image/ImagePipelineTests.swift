import SubCore
import SubData
import Testing

struct ImagePipelineTests {
  private let deit = ImagePipeline.train(size: 32, augment: .threeAugment(jitter: 0.3))

  private func mae() throws -> ImagePipeline {
    .train(size: 32, augment: .randAugment(try RandAugment("rand-m9-mstd0.5-inc1")), erasing: 0.25)
  }

  @Test func `a plan depends on size and key alone`() throws {
    for pipeline in [deit, try mae(), .eval(size: 32, resize: 40)] {
      let plans = (0..<20).map { pipeline.plan(width: 61, height: 47, key: RandomKey(seed: $0)) }
      #expect(plans == (0..<20).map { pipeline.plan(width: 61, height: 47, key: RandomKey(seed: $0)) })
      let random = pipeline.framing == .imageNet
      #expect(plans.allSatisfy { $0 == plans[0] } != random)
    }
  }

  @Test func `a file gives what its whole picture gives, though only the crop is decoded`() throws {
    let bytes = try ImageFixtures.bytes("large.jpg")
    let whole = try ImageDecoder.decode(bytes, name: "")
    for pipeline in [deit, try mae(), .eval(size: 32, resize: 40)] {
      for seed in 0..<25 {
        let key = RandomKey(seed: seed)
        #expect(try pipeline.image(bytes, name: "", key: key).0 == pipeline.image(whole, key: key).0)
      }
    }
  }

  @Test func `scaled decoding is off unless asked for, and then close`() throws {
    let bytes = try ImageFixtures.bytes("large.jpg")
    var scaled = ImagePipeline.eval(size: 32, resize: 36)
    let exact = try scaled.image(bytes, name: "", key: RandomKey(seed: 0)).0
    scaled.decodesScaled = true
    let quick = try scaled.image(bytes, name: "", key: RandomKey(seed: 0)).0
    let difference = zip(exact.pixels, quick.pixels).map { abs(Int($0) - Int($1)) }.reduce(0, +)
    #expect(quick != exact)
    #expect(Double(difference) / Double(exact.pixels.count) < 4)
  }

  @Test func `evaluation takes the middle, as torchvision`() throws {
    let plan = ImagePipeline.eval(size: 224, resize: 256).plan(width: 500, height: 375, key: RandomKey(seed: 0))
    #expect((plan.framing.width, plan.framing.height) == (341, 256))
    #expect((plan.framing.left, plan.framing.top) == (58, 16))  // 58.5 rounds to the even number
    #expect(!plan.framing.flipped && plan.operations.isEmpty && plan.erasing == nil)
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json")
    let image = ImagePipeline.eval(size: 16, resize: 20).image(try ImageFixtures.pictures()[0], key: RandomKey(seed: 0))
      .0
    #expect(image.crc == reference.evaluation)
  }

  /// `int((resized - crop) / 2.0)` of transformers against torchvision's `round`: they differ where 3 pixels of 4 are over.
  @Test func `a middle between two pixels begins at the even one or at the first`() {
    for framing in [FramingPolicy.center, FramingPolicy.squash] {
      for (resize, even, down) in [(30, 0, 0), (31, 0, 0), (32, 1, 1), (33, 2, 1), (34, 2, 2), (35, 2, 2), (37, 4, 3)] {
        for (rounding, corner) in [(CropRounding.even, even), (.down, down)] {
          let pipeline = ImagePipeline(size: 30, framing: framing(resize, rounding))
          let found = pipeline.plan(width: 50, height: 50, key: RandomKey(seed: 0)).framing
          #expect((found.left, found.top) == (corner, corner), "\(resize), \(rounding)")
        }
      }
    }
  }

  @Test func `the simple crop is torchvision's reflected one`() throws {
    let reference = try ImageFixtures.decode(BatchReference.self, "batch.json").simple
    let source = try ImageFixtures.pictures()[0]
    let pipeline = ImagePipeline(size: 24, framing: .simpleRandom)
    var framing = pipeline.plan(width: 17, height: 13, key: RandomKey(seed: 0)).framing
    #expect((framing.width, framing.height, framing.padding) == (reference.width, reference.height, 4))
    for (crc, corner) in zip(reference.crcs, [(0, 0), (5, 8), (15, 3)]) {
      (framing.left, framing.top) = corner
      #expect(framing.applied(to: source).crc == crc)
    }
    let corners = (0..<300).map { pipeline.plan(width: 17, height: 13, key: RandomKey(seed: $0)).framing }
    #expect(Set(corners.map(\.top)) == Set(0...8) && corners.map(\.left).max() == reference.width + 8 - 24)
  }

  @Test func `a window of a resize is the whole resize cropped, in every order of the passes`() {
    let image = ImageFixtures.gradient(61, 47)
    let area = PixelArea(left: 5, top: 3, width: 50, height: 40)
    // Both larger, both smaller, columns first, one side kept, both kept.
    for (width, height) in [(130, 99), (20, 17), (45, 5), (50, 90), (50, 13), (23, 40), (77, 40), (50, 40)] {
      for filter in Interpolation.allCases {
        let whole = image.resized(width: width, height: height, area: area, interpolation: filter)
        for seed in 0..<20 {
          let key = RandomKey(seed: seed)
          let (wide, tall) = (1 + key.integer(below: width, at: 0), 1 + key.integer(below: height, at: 1))
          let window = PixelArea(
            left: key.integer(below: width - wide + 1, at: 2), top: key.integer(below: height - tall + 1, at: 3),
            width: wide, height: tall)
          let part = image.resized(width: width, height: height, area: area, window: window, interpolation: filter)
          #expect(part == whole.cropped(to: window), "\(width)x\(height) \(window) \(filter)")
        }
      }
    }
  }

  @Test func `a sliver takes the memory of its window, whatever its length`() {
    // Resized in whole these would be pictures of 177 GB and of 4 TB.
    let stripes = (0..<2_700_000).map { UInt8(truncatingIfNeeded: ($0 / 3 + 25_000) / 50_000 * 13) }
    let slivers = [
      RGBImage(width: 1, height: 900_000, pixels: stripes), RGBImage(width: 900_000, height: 1, pixels: stripes),
      RGBImage(width: 1, height: 20_000_000, color: [1, 2, 3]),
    ]
    for sliver in slivers {
      let middle = ImagePipeline.eval(size: 224, resize: 256).image(sliver, key: RandomKey(seed: 0)).0
      let color = sliver[sliver.width / 2, sliver.height / 2]
      #expect(middle == RGBImage(width: 224, height: 224, color: color))
      for seed in 0..<3 {
        let simple = ImagePipeline(size: 224, framing: .simpleRandom).image(sliver, key: RandomKey(seed: seed)).0
        #expect(simple.width == 224 && simple.height == 224)
      }
    }
  }

  @Test func `random crops keep to their ranges and fall back to the middle`() {
    var shares: [Double] = []
    for seed in 0..<2000 {
      let area = deit.plan(width: 400, height: 300, key: RandomKey(seed: seed)).framing.source
      #expect(area.fits(width: 400, height: 300))
      shares.append(Double(area.width * area.height) / 120_000)
      #expect((0.74...1.35).contains(Double(area.width) / Double(area.height)))
    }
    #expect(shares.min()! > 0.079 && shares.min()! < 0.1 && shares.max()! > 0.9)
    #expect(abs(shares.reduce(0, +) / 2000 - 0.433) < 0.02)  // the mean of 40,000 draws of timm's own
    let wide = deit.plan(width: 1000, height: 10, key: RandomKey(seed: 4)).framing.source
    let tall = deit.plan(width: 10, height: 1000, key: RandomKey(seed: 4)).framing.source
    #expect(tall.width <= 10 && tall.height <= 13 && wide.height <= 10 && wide.width <= 13)
    let fallbacks = (0..<50).map { deit.plan(width: 100, height: 10, key: RandomKey(seed: $0)).framing.source }
    #expect(fallbacks.contains(PixelArea(left: 43, top: 0, width: 13, height: 10)))
  }

  @Test func `half are mirrored, a third gets each of the three, jitter comes in every order`() {
    let plans = (0..<3000).map { deit.plan(width: 64, height: 64, key: RandomKey(seed: $0)) }
    #expect(abs(plans.count { $0.framing.flipped } - 1500) < 110)
    var kinds = [0, 0, 0]
    var orders: Set<[Int]> = []
    for plan in plans {
      #expect(plan.operations.count == 4)
      switch plan.operations[0] {
      case .grayscale: kinds[0] += 1
      case .solarize(let threshold):
        #expect(threshold == 128)
        kinds[1] += 1
      case .gaussianBlur(let sigma):
        #expect((0.1...2).contains(sigma))
        kinds[2] += 1
      default: Issue.record("\(plan.operations[0])")
      }
      orders.insert(
        plan.operations.dropFirst().map { operation in
          switch operation {
          case .brightness(let factor), .contrast(let factor), .saturation(let factor):
            #expect((0.7...1.3).contains(factor))
          default: Issue.record("\(operation)")
          }
          return switch operation {
          case .brightness: 0
          case .contrast: 1
          default: 2
          }
        })
    }
    #expect(kinds.allSatisfy { abs($0 - 1000) < 100 } && orders.count == 6)
  }

  @Test func `erasing writes its stream of normal numbers and nothing else`() throws {
    let pipeline = ImagePipeline(size: 32, framing: .center(resize: 32), erasing: RandomErasing(probability: 1))
    let image = ImageFixtures.gradient(32, 32)
    let plain = ImagePipeline.eval(size: 32, resize: 32)
    let bytes = ImageFixtures.array(try image.pngData())
    let key = RandomKey(seed: 5)
    let area = try #require(pipeline.plan(width: 32, height: 32, key: key).erasing)
    let erased = Tensor(try pipeline.pixels(bytes, name: "", key: key), on: .cpu).floats()
    let whole = Tensor(try plain.pixels(bytes, name: "", key: key), on: .cpu).floats()
    var position = 0
    for channel in 0..<3 {
      for y in 0..<32 {
        for x in 0..<32 {
          let at = (channel * 32 + y) * 32 + x
          let inside =
            (area.area.left..<(area.area.left + area.area.width)).contains(x)
            && (area.area.top..<(area.area.top + area.area.height)).contains(y)
          #expect(erased[at] == (inside ? Float(area.noise.normal(at: position)) : whole[at]))
          if inside { position += 1 }
        }
      }
    }
    let areas = (0..<2000).compactMap {
      RandomErasing(probability: 0.25).plan(width: 224, height: 224, key: RandomKey(seed: $0))
    }
    #expect(abs(areas.count - 500) < 70)
    let shares = areas.map { Double($0.area.width * $0.area.height) / 50176 }
    #expect(shares.min()! > 0.019 && shares.max()! < 0.336 && areas.allSatisfy { $0.area.width < 224 })
  }
}

struct RandAugmentTests {
  @Test func `timm's notation is read`() throws {
    let nine = try RandAugment("rand-m9-mstd0.5-inc1")
    #expect(nine == RandAugment(magnitude: 9, increasing: true))
    #expect(try RandAugment("rand-m7-mstd0.5") == RandAugment(magnitude: 7))
    #expect(try RandAugment("rand-m5-n3-p0.2-mmax8-mstd101-inc0").layers == 3)
    for wrong in [
      "", "auto-m9", "rand-9", "rand-m", "rand-mx", "rand-z3", "rand-m-3", "rand-n0", "rand-p2", "rand-m9-",
      "rand-mnan",
    ] {
      #expect(throws: InputError.self, "\(wrong)") { try RandAugment(wrong) }
    }
  }

  @Test(arguments: [
    ("augmix-m5-w4-d2", "augmix"), ("original", "original"), ("originalr-mstd0.5", "originalr"), ("v0", "v0"),
    ("v0r-mstd0.5", "v0r"), ("3a-mstd0.5", "3a"), ("rand-mstd1-tweights", "rand with tweights"),
  ])
  func `timm's other policies are named, with what there is instead`(notation: String, name: String) throws {
    let error = try #require(throws: InputError.self) { try RandAugment(notation) }
    #expect(error.isUsage && error.what == "timm's \(name) is not among the policies here")
    #expect(error.cure.contains("rand-m9-mstd0.5-inc1") && error.cure.contains("three-augment"))
  }

  /// The table of the recipes: what each operation becomes at the magnitudes 9 (increasing) and 7.
  @Test func `levels become timm's arguments`() throws {
    func factor(_ operation: PixelOperation) -> Double {
      switch operation {
      case .rotate(let v, _), .shearX(let v, _), .shearY(let v, _), .translateX(let v, _), .translateY(let v, _): v
      case .brightness(let v), .contrast(let v), .saturation(let v), .sharpness(let v): v
      default: .nan
      }
    }
    let nine = drawn(RandAugment(magnitude: 9, deviation: 0, probability: 1, increasing: true))
    let seven = drawn(RandAugment(magnitude: 7, deviation: 0, probability: 1, increasing: false))
    #expect(nine.contains(.posterize(bits: 1)) && nine.contains(.solarize(threshold: 26)))
    #expect(nine.contains(.solarizeAdd(add: 99)) && nine.contains(.autoContrast) && nine.contains(.equalize))
    #expect(seven.contains(.posterize(bits: 2)) && seven.contains(.solarize(threshold: 179)))
    #expect(seven.contains(.solarizeAdd(add: 77)) && seven.contains(.invert))
    for (operations, numbers) in [
      (nine, [-27, 27, -0.27, 0.27, -0.405, 0.405, 0.19, 1.81]), (seven, [-21, 21, -0.21, 0.21, -0.315, 0.315, 1.36]),
    ] {
      let found = operations.map(factor).filter { !$0.isNaN }
      #expect(found.allSatisfy { value in numbers.contains { abs($0 - value) < 1e-9 } })
      for number in numbers { #expect(found.contains { abs($0 - number) < 1e-9 }, "\(number)") }
    }
  }

  @Test func `two of fifteen are drawn, each applied half of the time, with levels around the magnitude`() throws {
    let policy = try RandAugment("rand-m9-mstd0.5-inc1")
    let operations = drawn(policy)
    #expect(abs(operations.count - 4000) < 200)
    var levels: [Double] = []
    for case .rotate(let degrees, let interpolation) in operations {
      levels.append(abs(degrees) / 3)
      #expect(interpolation == .bicubic)
    }
    #expect(abs(levels.count - 267) < 60)
    #expect(abs(levels.reduce(0, +) / Double(levels.count) - 9) < 0.12 && levels.max()! <= 10)
    let random = ImagePipeline.train(size: 8, augment: .randAugment(policy), interpolation: .random)
    let filters = (0..<200).map { random.plan(width: 9, height: 9, key: RandomKey(seed: $0)).framing.interpolation }
    #expect(Set(filters) == [.bilinear, .bicubic])
  }

  /// The operations of 4000 pictures.
  private func drawn(_ policy: RandAugment) -> [PixelOperation] {
    (0..<4000).flatMap { policy.operations(key: RandomKey(seed: $0)) { _ in .bicubic } }
  }
}
