import Foundation
import SubCore
import SubData
import TestSupport
import Testing

struct ImageSourceTests {
  private let temporary = TemporaryFolder()

  @Test func `a folder lists classes and pictures in sorted order`() throws {
    let root = temporary.path
    let picture = try ImageFixtures.gradient(5, 4).pngData()
    for name in ["b/2.png", "b/1.PNG", "b/note.txt", "b/deep/0.jpeg", "a/x.webp", "a/.png", "Z/9.png", "b/10.png"] {
      try ImageFixtures.write(picture, "\(root)/\(name)")
    }
    try ImageFixtures.write([1], "\(root)/readme.txt")
    let folder = try ImageFolder(root)
    #expect(folder.classNames == ["Z", "a", "b"])
    #expect(
      folder.paths.map { $0.dropFirst(root.count + 1) } == [
        "Z/9.png", "a/x.webp", "b/1.PNG", "b/10.png", "b/2.png", "b/deep/0.jpeg",
      ])
    #expect(folder.labels == [0, 1, 2, 2, 2, 2])
    guard case .file(let bytes, let name) = try folder.image(at: 2) else {
      Issue.record("no file")
      return
    }
    #expect(try ImageDecoder.decode(bytes, name: name) == ImageFixtures.gradient(5, 4))
    #expect(try ImageFolder(root, classNames: ["b", "a", "Z", "more"]).labels == [2, 1, 0, 0, 0, 0])
    #expect(throws: InputError.self) { try ImageFolder(root, classNames: ["a", "b"]) }
    #expect(throws: InputError.self) { try ImageFolder(root + "/a") }
    #expect(throws: InputError.self) { try ImageFolder(root + "/nowhere") }
  }

  @Test func `the shapes of the repository are there, all readable`() throws {
    let splits = ImageFolder.splits(of: Repository.file("datasets/shapes"))
    let train = try ImageFolder(try #require(splits.train))
    let validation = try ImageFolder(try #require(splits.validation), classNames: train.classNames)
    #expect((train.count, validation.count, train.classNames.count) == (768, 160, 8))
    for index in 0..<validation.count {
      guard case .file(let bytes, let name) = try validation.image(at: index) else { continue }
      let image = try ImageDecoder.decode(bytes, name: name)
      #expect((image.width, image.height) == (32, 32))
    }
  }

  @Test func `CIFAR's binary records are read`() throws {
    let root = temporary.path
    let picture = ImageFixtures.gradient(32, 32)
    let planes = (0..<3).flatMap { channel in (0..<1024).map { picture.pixels[3 * $0 + channel] } }
    try ImageFixtures.write([3] + planes + [9] + planes.reversed(), "\(root)/ten/test_batch.bin")
    try ImageFixtures.write([5, 77] + planes, "\(root)/hundred/train.bin")
    let ten = try CIFAR("\(root)/ten", training: false)
    #expect(ten.labels == [3, 9] && ten.classNames.count == 10)
    guard case .pixels(let first) = try ten.image(at: 0) else { return }
    #expect(first == picture)
    let hundred = try CIFAR("\(root)/hundred", training: true)
    #expect(hundred.labels == [77])
    guard case .pixels(let only) = try hundred.image(at: 0) else { return }
    #expect(only == picture)
    try ImageFixtures.write([3] + planes.dropLast(), "\(root)/cut/test_batch.bin")
    try ImageFixtures.write([10] + planes, "\(root)/label/test_batch.bin")
    for name in ["cut", "label", "missing"] {
      #expect(throws: InputError.self) { try CIFAR("\(root)/\(name)", training: false) }
    }
  }

  /// Image `n` of file `f`, as scripts/reference/cifar_pickles.py makes it.
  private func pickledPicture(_ f: Int, _ n: Int) -> RGBImage {
    let planes = (0..<3072).map { UInt8((7 * $0 + 31 * n + 5 * f) % (f == 1 ? 128 : 256)) }
    let pixels = (0..<1024).flatMap { place in (0..<3).map { planes[1024 * $0 + place] } }
    return RGBImage(width: 32, height: 32, pixels: pixels)
  }

  private func pixels(_ source: CIFAR) throws -> [RGBImage] {
    try (0..<source.count).compactMap { index in
      guard case .pixels(let image) = try source.image(at: index) else { return nil }
      return image
    }
  }

  @Test func `CIFAR's pickles are read, whichever Python wrote them`() throws {
    let root = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/image/cifar").path
    let ten = "\(root)/two/cifar-10-batches-py"
    #expect(CIFAR.recognizes(ten) && CIFAR.hasTest(ten) && !CIFAR.recognizes(root))
    let training = try CIFAR(ten, training: true)
    #expect(training.labels == [1, 8, 2, 3, 6, 4, 5, 4] && training.classNames[3] == "cat")
    let places = [(1, 0), (1, 1), (2, 0), (3, 0), (3, 1), (4, 0), (5, 0), (5, 1)]
    #expect(try pixels(training) == places.map { pickledPicture($0.0, $0.1) })
    #expect(training.name(of: 2).contains("data_batch_2"))
    let test = try CIFAR(ten, training: false)
    #expect(try test.labels == [3, 8, 0] && pixels(test) == (0..<3).map { pickledPicture(6, $0) })

    let hundred = try CIFAR("\(root)/three/cifar-100-python", training: true)
    #expect(hundred.labels == [99, 4] && hundred.classNames[99] == "class 99")
    #expect(try pixels(hundred) == [pickledPicture(7, 0), pickledPicture(7, 1)])
    #expect(try CIFAR("\(root)/three/cifar-100-python", training: false).labels == [42])

    let latin = try CIFAR("\(root)/latin", training: false)
    #expect(try latin.labels == [1] && latin.classNames[0] == "0" && pixels(latin) == [pickledPicture(9, 0)])
  }

  @Test(arguments: [
    ("wide", "no array u8"), ("few", "no list of 2"), ("label", "label 10 of image 0"), ("order", "no array u8"),
    ("cut", "ends too early"), ("call", "no array u8"),
  ]) func `odd pickles are refused and nothing in them is called`(name: String, what: String) throws {
    let root = Bundle.module.resourceURL!.appendingPathComponent("Fixtures/image/cifar/odd").path
    let error = #expect(throws: InputError.self) { try CIFAR("\(root)/\(name)", training: false) }
    #expect(error?.place.contains("test_batch") == true)
    #expect(error.map { "\($0)".contains(what) } == true, "\(String(describing: error))")
  }

  @Test func `every cut of a pickle is an error`() throws {
    let root = temporary.path
    let whole = [UInt8](try ImageFixtures.data("cifar/two/cifar-10-batches-py/data_batch_2"))
    for length in stride(from: 0, to: whole.count, by: whole.count / 97) {
      try ImageFixtures.write(Array(whole.prefix(length)), "\(root)/test_batch")
      #expect(throws: InputError.self, "\(length)") { try CIFAR(root, training: false) }
    }
    for place in stride(from: 0, to: whole.count, by: 13) {
      var damaged = whole
      damaged[place] ^= 0xff
      try ImageFixtures.write(damaged, "\(root)/test_batch")
      // Wherever it is damaged: an error or other numbers, never a trap.
      _ = try? CIFAR(root, training: false)
    }
  }

  @Test func `arrays of pictures are checked and read`() throws {
    let pictures = [ImageFixtures.gradient(6, 4), ImageFixtures.gradient(6, 4, seed: 2)]
    let images = HostArray(pictures.flatMap(\.pixels), shape: [2, 4, 6, 3], dtype: .u8)
    let source = try ImageArrays(images: images, labels: HostArray([Int64(4), 1], shape: [2]), place: "x.npy")
    #expect(source.classNames == ["0", "1", "2", "3", "4"] && source.labels == [4, 1])
    #expect(source.remarks == ["labels begin at 1: the classes below it have no picture (x.npy)"])
    #expect(try ImageArrays(images: images, labels: HostArray([Int64(0), 1], shape: [2]), place: "").remarks == [])
    guard case .pixels(let second) = try source.image(at: 1) else { return }
    #expect(second == pictures[1])
    for labels in [HostArray([Int64(-1), 1], shape: [2]), HostArray([Int64(1)], shape: [1])] {
      let error = #expect(throws: InputError.self) {
        try ImageArrays(images: images, labels: labels, place: "x.npy", labelPlace: "y.npy")
      }
      #expect(error?.place == "y.npy")
    }
    for (labels, first) in [
      (HostArray([Int64(-3), -2], shape: [2]), "label -3"),
      (HostArray([UInt64.max, 1], shape: [2], dtype: .u64), "label 18446744073709551615"),
      (HostArray([UInt64.max, UInt64.max - 1], shape: [2], dtype: .u64), "label 18446744073709551615"),
    ] {
      let error = #expect(throws: InputError.self) { try ImageArrays(images: images, labels: labels, place: "x.npy") }
      #expect(error?.what.hasPrefix("\(first) of image 0 is not in 0..<") == true)
    }
    #expect(throws: InputError.self) {
      try ImageArrays(images: images.reshaped([2, 3, 4, 6]), labels: HostArray([Int64(1), 1], shape: [2]), place: "")
    }
    #expect(throws: InputError.self) {
      try ImageArrays(images: images, labels: HostArray([Int64(1), 3], shape: [2]), classNames: ["a", "b"], place: "")
    }
  }
}
