import Foundation
import SubCore
import SubData
import Synchronization
import TestSupport
import Testing

struct LoaderTests {
  private struct Stop: Error, Equatable { let at: Int }

  @Test(arguments: [0, 1, 2, 5]) func `batches come in order whatever the threads do`(workers: Int) throws {
    let loader = Loader(3..<40, workers: workers) { index in
      usleep(UInt32(RandomKey(seed: index).integer(below: 2000, at: 0)))
      return index * index
    }
    var got: [Int] = []
    while let batch = try loader.next() { got.append(batch) }
    #expect(got == (3..<40).map { $0 * $0 })
    #expect(try loader.next() == nil)
  }

  @Test func `no more is made ahead than allowed`() throws {
    let started = Mutex<Set<Int>>([])
    let loader = Loader(0..<100, workers: 3, ahead: 4) { index in
      started.withLock { _ = $0.insert(index) }
      return index
    }
    /// Waits until so many have begun, and then whether there are more.
    func begun(_ count: Int) -> Set<Int> {
      for _ in 0..<1000 where started.withLock({ $0.count }) < count { usleep(5000) }
      usleep(20_000)
      return started.withLock { $0 }
    }
    #expect(begun(4) == [0, 1, 2, 3])
    #expect(try loader.next() == 0)
    #expect(begun(5) == [0, 1, 2, 3, 4])
  }

  @Test func `an error comes in its place and ends the sequence`() throws {
    for workers in [0, 3] {
      let loader = Loader(0..<20, workers: workers) { index in
        if index >= 4 { throw Stop(at: index) }
        return index
      }
      for index in 0..<4 { #expect(try loader.next() == index) }
      #expect(throws: Stop(at: 4)) { try loader.next() }
      #expect(try loader.next() == nil)
    }
  }

  @Test func `a loader that goes takes its threads along`() throws {
    final class Witness: Sendable {}
    weak var witness: Witness?
    do {
      let held = Witness()
      witness = held
      let loader = Loader(0..<1_000_000, workers: 3) { [held] index in
        usleep(1000)
        return withExtendedLifetime(held) { index }
      }
      #expect(try loader.next() == 0)
    }
    for _ in 0..<200 where witness != nil { usleep(5000) }
    #expect(witness == nil)
    let cancelled = Loader(0..<100, workers: 2) { $0 }
    cancelled.cancel()
    #expect(try cancelled.next() == nil)
  }
}

struct ImageSamplerTests {
  @Test func `every picture comes once per epoch, in another order each time`() {
    let sampler = ImageSampler(count: 103, batchSize: 10, seed: 1)
    #expect(sampler.order(epoch: 0).sorted() == Array(0..<103) && sampler.order(epoch: 0) != sampler.order(epoch: 1))
    #expect(sampler.order(epoch: 7) == ImageSampler(count: 103, batchSize: 4, seed: 1).order(epoch: 7))
    #expect(sampler.batchesPerEpoch == 10 && sampler.places(batch: 9) == 90..<100)
    var all = sampler
    all.dropsLast = false
    #expect(all.batchesPerEpoch == 11 && all.places(batch: 10) == 100..<103)
    all.shuffles = false
    #expect(all.order(epoch: 3) == Array(0..<103))
  }

  /// The numbers of DeiT's sampler for ImageNet.
  @Test func `repeated augmentation sees a third of the pictures three times`() {
    let imageNet = ImageSampler(count: 1_281_167, batchSize: 2048, seed: 0, repeats: 3)
    #expect(imageNet.epochCount == 1_281_024 && imageNet.batchesPerEpoch == 625)
    let order = ImageSampler(count: 1000, batchSize: 32, seed: 3, repeats: 3).order(epoch: 5)
    #expect(order.count == 768 && Set(order).count == 256)
    // Whoever has a third of a batch, as a rank, a part or a mixed group has, has no picture twice.
    for start in stride(from: 0, to: 768, by: 32) {
      let batch = order[start..<start + 32]
      let times = Dictionary(grouping: batch) { $0 }.values.map(\.count)
      #expect((11...12).contains(times.count) && times.allSatisfy { $0 <= 3 } && times.count { $0 == 3 } >= 10)
      for part in 0..<4 { #expect(Set(batch.dropFirst(8 * part).prefix(8)).count == 8) }
    }
    #expect(ImageSampler(count: 60, batchSize: 8, seed: 0, repeats: 3).epochCount == 60)
  }

  @Test func `keys differ by epoch and place`() {
    let sampler = ImageSampler(count: 10, batchSize: 2, seed: 0)
    let keys = (0..<3).flatMap { epoch in
      (0..<5).flatMap { [sampler.key(epoch: epoch, place: $0), sampler.mixKey(epoch: epoch, batch: $0)] }
    }
    #expect(Set(keys).count == 30)
  }
}

struct ImageBatchesTests {
  /// Sixteen PNG files, some of them broken.
  private struct Files: ImageSource {
    let broken: Set<Int>
    let labels = (0..<16).map { $0 % 4 }
    let classNames = ["a", "b", "c", "d"]
    var count: Int { 16 }
    func name(of index: Int) -> String { "file \(index)" }
    func image(at index: Int) throws -> SourceImage {
      let bytes =
        broken.contains(index) ? [1, 2, 3] : try ImageFixtures.gradient(20 + index, 24, seed: index).pngData()
      return .file(HostArray(bytes, shape: [bytes.count], dtype: .u8), name: name(of: index))
    }
  }

  private func batches(
    _ broken: Set<Int> = [], shuffles: Bool = true, limit: Int = 5, mixes: Bool = true, bytes: Bool = false,
    parts: Int = 1
  ) -> ImageBatches {
    ImageBatches(
      source: Files(broken: broken),
      sampler: ImageSampler(count: 16, batchSize: 6, seed: 4, shuffles: shuffles, dropsLast: shuffles),
      pipeline: shuffles
        ? .train(size: 16, augment: .threeAugment(jitter: 0.3), erasing: 0.5) : .eval(size: 16, resize: 18),
      mixing: shuffles && mixes
        ? BatchMixing(mixup: 0.8, cutmix: 1, smoothing: 0.1, mixesBytes: bytes, parts: parts) : nil,
      broken: BrokenImages(limit: limit))
  }

  /// The numbers that a model sees.
  private func numbers(_ batch: ImageBatch) -> [Float] {
    Tensor(batch.pixels, on: .cpu).samples(batch.own).floats()
  }

  private func all(_ loader: Loader<ImageBatch>) throws -> [ImageBatch] {
    var result: [ImageBatch] = []
    while let batch = try loader.next() { result.append(batch) }
    return result
  }

  @Test func `copies of a batch's pictures stand behind it, augmented anew`() throws {
    func batch(_ pipeline: ImagePipeline, copies: Int) throws -> ImageBatch {
      try ImageBatches(
        source: Files(broken: []), sampler: ImageSampler(count: 16, batchSize: 6, seed: 4), pipeline: pipeline,
        copies: copies
      ).batch(1)
    }
    let augmented = ImagePipeline.train(size: 16, augment: .threeAugment(jitter: 0.3), erasing: 0.5)
    let (one, two) = (try batch(augmented, copies: 1), try batch(augmented, copies: 2))
    #expect(two.indices == one.indices + one.indices && two.labels == one.labels + one.labels)
    let (first, second) = (numbers(two).prefix(6 * 768), numbers(two).suffix(6 * 768))
    #expect(Array(first) == numbers(one) && Array(second) != numbers(one))
    let plain = numbers(try batch(.eval(size: 16, resize: 18), copies: 2))
    #expect(plain.prefix(6 * 768).elementsEqual(plain.suffix(6 * 768)))
  }

  @Test func `parts of a batch are mixed each by itself`() throws {
    for bytes in [false, true] {
      let (whole, parted) = (batches(bytes: bytes), batches(bytes: bytes, parts: 2))
      var differ = false
      for index in 0..<6 {
        let batch = try parted.batch(index)
        let (epoch, number) = (index / parted.perEpoch, index % parted.perEpoch)
        #expect(batch.pixels.count == 2 && batch.own == 0..<6)
        let (values, key) = (numbers(batch), parted.sampler.mixKey(epoch: epoch, batch: number))
        for part in 0..<2 {
          // The very pictures of a batch of three, mixed by the part's draw.
          let rows = 3 * part..<3 * part + 3
          let plan = try #require(parted.mixing).plan(width: 16, height: 16, key: key.fold(part))
          let alone = batches(mixes: false, bytes: bytes)
          let pictures = Tensor(try alone.batch(index).pixels, on: .cpu).samples(rows)
          if !bytes {
            #expect(values[rows.lowerBound * 768..<rows.upperBound * 768].elementsEqual(mixed(pictures, plan)))
          }
          #expect(
            batch.targets?.floats()[rows.lowerBound * 4..<rows.upperBound * 4].map { $0 }
              == plan.targets(labels: Array(batch.labels[rows]), classes: 4, smoothing: 0.1).floats())
        }
        let other = numbers(try whole.batch(index))
        differ = differ || values != other
      }
      #expect(differ)
    }
  }

  /// Pictures [3, 3, 16, 16] mixed in f32.
  private func mixed(_ pictures: Tensor, _ plan: MixPlan) -> [Float] {
    let (own, size) = (pictures.floats(), 3 * 16 * 16)
    let partner = own.indices.map { own[(2 - $0 / size) * size + $0 % size] }
    switch plan {
    case .none: return own
    case .mixup(let weight):
      let (a, b) = (Float(weight), Float(1 - weight))
      return zip(own, partner).map { $0 * a + $1 * b }
    case .cutmix(let area, _):
      return own.indices.map { place in
        let (row, column) = (place / 16 % 16 - area.top, place % 16 - area.left)
        return (0..<area.height).contains(row) && (0..<area.width).contains(column) ? partner[place] : own[place]
      }
    }
  }

  @Test(arguments: [(2, false, 1), (2, true, 3), (3, false, 2), (5, true, 1), (7, false, 3), (3, true, 6)])
  func `ranks have the rows of the whole batch`(count: Int, bytes: Bool, parts: Int) throws {
    let plain = batches(bytes: bytes, parts: parts)
    let make: @Sendable (any Communicator) throws -> [ImageBatch] = { ranks in
      let batches = ImageBatches(
        source: Files(broken: [3]), sampler: plain.sampler, pipeline: plain.pipeline, mixing: plain.mixing, copies: 2,
        broken: BrokenImages(limit: 5), ranks: ranks)
      return try (0..<4).map { try batches.batch($0) }
    }
    let own = try ThreadRanks.run(count) { try make($0) }
    for (number, expected) in try make(SingleProcess()).enumerated() {
      let parts = own.map { $0[number] }
      #expect(parts.flatMap { numbers($0) } == numbers(expected))
      #expect(parts.flatMap { $0.targets?.floats() ?? [] } == expected.targets?.floats())
      #expect(parts.flatMap(\.indices) == expected.indices && parts.flatMap(\.labels) == expected.labels)
      #expect(parts.indices.allSatisfy { part in parts[part].first == parts[..<part].reduce(0) { $0 + $1.count } })
    }
  }

  @Test func `threads and resuming change no bit`() throws {
    for bytes in [false, true] {
      let one = try all(batches(bytes: bytes).loader(to: 6, workers: 0))
      let three = try all(batches(bytes: bytes).loader(to: 6, workers: 3))
      let resumed = try all(batches(bytes: bytes).loader(from: 4, to: 6, workers: 2))
      #expect(one.count == 6 && three.count == 6 && resumed.count == 2)
      for (a, b) in Array(zip(one, three)) + Array(zip(one[4...], resumed)) {
        #expect(numbers(a) == numbers(b) && a.indices == b.indices && a.labels == b.labels)
        #expect(a.targets?.floats() == b.targets?.floats() && a.epoch == b.epoch && a.number == b.number)
      }
      #expect(one[0].pixels[0].bytes.shape == [6, 16, 16, 3] && one[0].targets?.shape == [6, 4] && one[5].epoch == 2)
      let sums = try #require(one[1].targets).floats()
      #expect((0..<6).allSatisfy { abs(sums[($0 * 4)..<($0 * 4 + 4)].reduce(0, +) - 1) < 1e-5 })
      #expect(one[0].labels == one[0].indices.map { $0 % 4 })
    }
  }

  @Test func `broken pictures are replaced in training, left out in evaluation, and counted`() throws {
    let training = batches([3, 7])
    let whole = try all(training.loader(to: 8, workers: 2))
    #expect(whole.allSatisfy { $0.count == 6 && !$0.indices.contains(3) && !$0.indices.contains(7) })
    #expect(training.broken.errors.map(\.name) == ["file 3", "file 7"])
    let evaluation = batches([3, 7], shuffles: false)
    let rest = try all(evaluation.loader(to: evaluation.perEpoch, workers: 2))
    #expect(rest.flatMap(\.indices) == (0..<16).filter { $0 != 3 && $0 != 7 } && rest[0].targets == nil)
    #expect(evaluation.broken.count == 2)
    // Of the whole batch the first half is rank 0's: it meets 7, and rank 1 meets 3 and 9; with copies both meet all.
    for copies in [1, 2] {
      for limit in [2, 3] {
        let (sampler, pipeline) = (evaluation.sampler, evaluation.pipeline)
        let met = try ThreadRanks.run(2) { ranks in
          let batches = ImageBatches(
            source: Files(broken: [3, 7, 9]), sampler: sampler, pipeline: pipeline, copies: copies,
            broken: BrokenImages(limit: limit + copies - 1), ranks: ranks)
          for number in 0..<batches.perEpoch { _ = try batches.batch(number) }
          let isTooMuch = (try? batches.broken.check(over: ranks)) == nil
          return (batches.broken.count, batches.broken.remarks("not counted", over: ranks), isTooMuch)
        }
        #expect(met.map(\.0) == (copies == 1 ? [1, 2] : [3, 3]))
        for (_, remarks, isTooMuch) in met {
          #expect(remarks.count == 4 && remarks[0] == "unreadable pictures, not counted: 3", "\(remarks)")
          #expect(zip(remarks.dropFirst(), [3, 7, 9]).allSatisfy { $0.contains("file \($1)") }, "\(remarks)")
          #expect(isTooMuch == (limit + copies - 1 < 3))
        }
      }
    }
    let strict = batches([3, 7], shuffles: false, limit: 1)
    let error = #expect(throws: InputError.self) { try all(strict.loader(to: 3, workers: 0)) }
    #expect(error?.what.contains("more than 1") == true && error?.place == "file 7")
  }
}
