import SubCore
import SubData
import TestSupport
import Testing

@testable import VisionSub

/// The sets of Table A.4 by their protocols, on pictures whose colour is the class that they are taken for.
@Suite struct SuiteTests {
  private let folder = TemporaryFolder()
  private static let file = Repository.file("datasets/robustness/suite.json")
  private static let suite = Result { try EvaluationSuite(file) }

  /// A picture that is taken for a class, within a frame of two pixels that no other class survives.
  private func picture(_ path: String, _ taken: Int, framed: Bool = false) throws {
    let side = framed ? 12 : 8
    var pixels: [UInt8] = []
    for place in 0..<side * side {
      let isFrame = framed && [place % side, place / side].contains { $0 < 2 || $0 >= side - 2 }
      pixels += isFrame ? [0, 0, 255] : [UInt8(taken % 256), UInt8(taken / 256), 0]
    }
    try FileSystem.makeFolder(FileSystem.parent(folder[path]))
    try AtomicFile.write(RGBImage(width: side, height: side, pixels: pixels).pngData(), to: folder[path])
  }

  /// A classifier that takes a picture for the class of its colour, but for `first`, which it thinks better of always.
  private func classifier(classes: Int = 1000, first: Int? = nil, rows: [Int]? = nil) -> ImageFunction {
    let pipeline = ImagePipeline(
      size: 8, framing: .center(resize: 8), normalization: Normalization(mean: [0, 0, 0], deviation: [1, 1, 1]))
    return ImageFunction(pipeline, batchSize: 3, workers: 0, on: .cpu) { images in
      let (pixels, count) = (images.floats(), images.shape[0])
      var scores = [Float](repeating: 0, count: count * classes)
      for row in 0..<count {
        let colour = (0..<3).map { channel in
          pixels[(row * 3 + channel) * 64..<(row * 3 + channel + 1) * 64].map { Int(($0 * 255).rounded()) }
        }
        let taken = colour[2].contains { $0 > 0 } ? 999 : colour[0][0] + 256 * colour[1][0]
        scores[row * classes + (rows?[taken] ?? taken)] = 1
        if let first { scores[row * classes + first] = 2 }
      }
      return Tensor(HostArray(scores, shape: [count, classes]), on: .cpu)
    }
  }

  private func results(
    first: Int? = nil, classNames: [String]? = nil, rows: [Int]? = nil
  ) throws -> [String: SuiteEvaluation.Result] {
    let evaluation = try SuiteEvaluation(Self.suite.get(), below: folder.path) { pictures in
      try SuiteEvaluation.rows(of: pictures, names: classNames, count: 1000, at: "model")
    }
    let all = try evaluation.found.flatMap { try evaluation($0, by: classifier(first: first, rows: rows)).results }
    return Dictionary(uniqueKeysWithValues: all.map { ($0.measure.name, $0) })
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func `the lists are as large as the sets say`() throws {
    let suite = try Self.suite.get()
    let classes = suite.sets[0].classNames
    #expect(classes.count == 1000 && classes == classes.sorted())
    #expect(suite.titles.joined(separator: " ") == "IN-1k IN-V2 ReaL IN-A IN-R ObjNet SI-size SI-loc SI-rot")
    let measures = Dictionary(uniqueKeysWithValues: suite.sets.flatMap(\.measures).map { ($0.name, $0.space) })
    #expect(measures["imagenet_a"]?.restriction?.count == 200 && measures["imagenet_r"]?.restriction?.count == 200)
    #expect(measures["objectnet_subset"]?.restriction?.count == 125 && measures["objectnet"]?.restriction == nil)
    #expect(measures["objectnet"]?.uncounted?.count == 200)
    guard case .folders(let objects)? = measures["objectnet"]?.labels,
      case .files(let real)? = measures["imagenet_real"]?.labels
    else {
      Issue.record("other kinds of labels")
      return
    }
    #expect(objects.count == 113 && objects["chair"] == [423, 559, 765] && objects["band_aid"] == [419])
    #expect(real.count == 50000 && real.count(where: \.isEmpty) == 3163 && real.count { $0.count == 1 } == 39394)
  }

  @Test func `folders of numbers are numbers, not texts in order`() throws {
    for number in [0, 1, 2, 10, 100] {
      try picture("imagenetv2-matched-frequency-format-val/\(number)/a.jpeg", number == 10 ? 3 : number)
    }
    let result = try #require(try results()["imagenet_v2"])
    #expect(result.top1 == 0.8 && result.count == 5)
    try picture("imagenetv2-matched-frequency-format-val/1000/a.jpeg", 1)
    #expect(error { _ = try results() }.contains("'1000' is no class from 0 to 999"))
  }

  @Test func `any of several labels is right, and none means not counted`() throws {
    for (number, taken) in [(1, 0), (2, 970), (3, 231), (4, 0)] {
      try picture("imagenet/val/n01440764/ILSVRC2012_val_0000000\(number).JPEG", taken)
    }
    let found = try results()
    #expect(found["imagenet_real"]?.count == 3 && found["imagenet_real"]?.top1 == 2.0 / 3)
    #expect(found["imagenet"]?.count == 4 && found["imagenet"]?.top1 == 0.5)
    // n01440764 is neither among ImageNet-A's classes nor among ImageNet-R's.
    #expect(found["imagenet_clean_a"]?.count == 0)
    try picture("imagenet/val/n01440764/other.JPEG", 0)
    #expect(error { _ = try results() }.contains("ends in no number from 1 to 50000"))
  }

  @Test func `the best is sought among a set's own classes`() throws {
    let classes = try Self.suite.get().sets[0].classNames
    let names = [6, 11, 13].map { classes[$0] }
    try picture("imagenet-a/\(names[0])/a.jpg", 6)
    try picture("imagenet-a/\(names[1])/a.jpg", 11)
    try picture("imagenet-a/\(names[2])/a.jpg", 11)
    // Class 0, which is none of the 200, is thought best of everywhere.
    let result = try #require(try results(first: 0)["imagenet_a"])
    #expect(result.top1 == 2.0 / 3 && result.count == 3)
    try picture("imagenet-a/\(classes[0])/a.jpg", 0)
    #expect(error { _ = try results() }.contains("is none of the 200 class folders of this set"))
  }

  @Test func `ObjectNet is answered among all classes and among its own, without its frame`() throws {
    for (name, taken) in [("alarm_clock", [409, 530]), ("chair", [765, 559, 0]), ("air_freshener", [5])] {
      for (place, taken) in taken.enumerated() {
        try picture("objectnet-1.0/images/\(name)/\(place).png", taken, framed: true)
      }
    }
    let found = try results()
    #expect(found["objectnet"]?.count == 5 && found["objectnet"]?.top1 == 0.8)
    // Nothing is known of the picture that is taken for class 0: the first of the 125 is best, and it is no chair.
    #expect(found["objectnet_subset"]?.top1 == 0.8)
    let blinded = try results(first: 0)
    #expect(
      blinded["objectnet"]?.top1 == 0 && blinded["objectnet"]?.top5 == 0.8 && blinded["objectnet_subset"]?.top1 == 0.8)
  }

  @Test func `SI-Score is a share of pictures and a mean over groups`() throws {
    let (hamster, zebra) = (333, 340)
    try picture("area/hamster/1.jpg", hamster)
    try picture("area/zebra/2.jpg", zebra)
    try picture("area/kite/3.jpg", 7)
    #expect(try results()["si_size"]?.groups == nil)
    try AtomicFile.write("image_id,area\n1,0.1\n2,0.2\n3,0.2\n", to: folder["area/metadata.csv"])
    let result = try #require(try results()["si_size"])
    #expect(result.top1 == 2.0 / 3 && result.groups?.count == 2 && result.groups?.top1 == 0.75)
  }

  @Test func `a set that cannot be evaluated does not end the others`() throws {
    try picture("imagenetv2-matched-frequency/3/a.jpeg", 3)
    try picture("imagenet/val/flat.jpeg", 3)
    let evaluation = try SuiteEvaluation(Self.suite.get(), below: folder.path)
    #expect(evaluation.found.map { $0.pictures.measures[0].name } == ["imagenet_v2"])
    #expect(evaluation.failed.map { $0.measures[0].name } == ["imagenet"])
    #expect(evaluation.failed[0].error.what == "the folder holds no class folders")
    FileSystem.remove(folder["imagenetv2-matched-frequency"])
    #expect(error { _ = try results() }.contains("no class folders"))
  }

  @Test func `rows in another order are found by their names, other classes are refused`() throws {
    let suite = try Self.suite.get()
    let classes = suite.sets[0].classNames
    try picture("imagenet/val/\(classes[7])/ILSVRC2012_val_00000002.JPEG", 7)
    let reversed = Array((0..<1000).reversed())
    let names = Array(classes.reversed())
    #expect(try results(classNames: names, rows: reversed)["imagenet"]?.top1 == 1)
    #expect(try results(classNames: names)["imagenet"]?.top1 == 0)
    func opened(_ names: [String]?, _ count: Int) throws -> [String] {
      try SuiteEvaluation(suite, below: folder.path) { pictures in
        try SuiteEvaluation.rows(of: pictures, names: names, count: count, at: "model")
      }.remarks
    }
    let remarks = try opened(nil, 1000)
    #expect(remarks.contains { $0.hasPrefix("imagenet_a: not there") })
    #expect(error { _ = try opened(nil, 10) }.contains("the model has 10 classes, imagenet 1000"))
    var other = names
    other[3] = "cat"
    #expect(error { _ = try opened(other, 1000) }.contains("class 'cat' is none of imagenet's"))
    FileSystem.remove(folder["imagenet"])
    #expect(error { _ = try opened(nil, 1000) }.contains("none of the suite's sets is there"))
  }

  @Test func `a suite of one's own is checked field by field`() throws {
    try AtomicFile.write("cat\ndog\n", to: folder["classes.txt"])
    try AtomicFile.write("folder\tclasses\npets\tcat,dog\n", to: folder["pets.tsv"])
    try AtomicFile.write("cat\n", to: folder["cats.txt"])
    func suite(_ measure: String, _ more: String = "") throws -> EvaluationSuite {
      try AtomicFile.write(
        "{\"name\": \"own\", \"classes\": \"classes.txt\", \"row\": [\"P\"], \"sets\": [{\"folders\": [\"p\"], "
          + "\"measures\": [{\(measure)}]\(more)}]}", to: folder["suite.json"])
      return try EvaluationSuite(folder["suite.json"])
    }
    let good = "\"name\": \"p\", \"title\": \"P\", \"table\": \"pets.tsv\""
    #expect(try suite(good).sets.count == 1)
    for (measure, words) in [
      ("\"name\": \"p\", \"title\": \"P\"", "neither by 'labels'"),
      ("\"name\": \"p\", \"title\": \"P\", \"labels\": \"names\"", "neither by 'labels'"),
      ("\"name\": \"p\", \"title\": \"P\", \"tabel\": \"pets.tsv\"", "did you mean 'table'"),
      ("\"name\": \"p\", \"title\": \"P\", \"table\": \"absent.tsv\"", "absent.tsv"),
      ("\"name\": \"p\", \"title\": \"Q\", \"table\": \"pets.tsv\"", "'row' is not"),
      ("\"title\": \"P\", \"table\": \"pets.tsv\"", "'name' is no text"),
      ("\"name\": \"p\", \"title\": \"P\", \"labels\": \"numbers\", \"among\": \"accepted\"", "'among'"),
      ("\(good), \"among\": \"cats.txt\"", "is none of its 'among'"),
    ] {
      #expect(error { _ = try suite(measure) }.contains(words), "\(measure)")
    }
    #expect(
      error { _ = try suite(good, ", \"border\": -1") }
        .contains("'border'"))
    let named = try suite(good, ", \"names\": \"classes.txt\", \"templates\": \"photo\"").sets[0]
    #expect(named.spokenNames == ["cat", "dog"] && named.templates == "photo")
    #expect(
      error { _ = try suite(good, ", \"names\": \"pets.tsv\", \"classes\": \"absent.txt\"") }.contains("absent.txt"))
    try AtomicFile.write("folder\tclasses\npets\tcat,bird\n", to: folder["pets.tsv"])
    #expect(
      error { _ = try suite(good) }
        .contains("'bird' is none of the 2 classes"))
  }
}
