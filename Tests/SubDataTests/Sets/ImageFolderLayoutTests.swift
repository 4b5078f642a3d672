import SubCore
import SubData
import TestSupport
import Testing

/// Folders that are laid out otherwise than `CLASS/*.jpg`: what is no class, and what is refused.
struct ImageFolderLayoutTests {
  private let folder = TemporaryFolder()

  private func root(_ files: String...) throws -> String {
    let picture = try ImageFixtures.gradient(4, 4).pngData()
    for name in files { try ImageFixtures.write(picture, folder["\(name)"]) }
    return folder.path
  }

  private func error(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "none"
    } catch { return "\(error)" }
  }

  @Test func `what other programs leave behind is neither class nor picture`() throws {
    let root = try root(
      "cat/0.png", "cat/._0.png", "dog/0.png", ".ipynb_checkpoints/0-checkpoint.png", "__MACOSX/cat/._1.png")
    let found = try ImageFolder(root)
    #expect(found.classNames == ["cat", "dog"] && found.labels == [0, 1] && found.remarks.isEmpty)
    #expect(try ImageFolder(root, classNames: ["cat", "dog"]).labels == [0, 1])
  }

  @Test func `a class without pictures is refused, and is no class where they are known`() throws {
    let root = try root("cat/0.png", "dog/0.png")
    try ImageFixtures.write([1], folder["ant/readme.txt"])
    #expect(error { _ = try ImageFolder(root) }.contains("the class 'ant' has no pictures"))
    #expect(try ImageFolder(root, classNames: ["cat", "dog"]).labels == [0, 1])
  }

  @Test func `what is passed over is counted`() throws {
    let root = try root("cat/0.png", "dog/0.png", "loose.png")
    for name in ["cat/a.gif", "cat/b.GIF", "dog/c.tiff"] { try ImageFixtures.write([1], folder[name]) }
    let remarks = try ImageFolder(root).remarks
    #expect(remarks.count == 2 && remarks[0].hasPrefix("1 pictures beside the class folders"))
    #expect(remarks[1].contains("3 files in") && remarks[1].hasSuffix("left out: 2 .gif, 1 .tiff"))
  }

  @Test func `splits are found by timm's names and never taken for classes`() throws {
    let root = try root("Training/a/0.png", "evaluation/a/0.png", "evaluation/b/0.png")
    let splits = ImageFolder.splits(of: root)
    #expect(splits.train == "\(root)/Training" && splits.validation == "\(root)/evaluation")
    #expect(error { _ = try ImageFolder(root) }.contains("these are names of splits"))
    let above = TemporaryFolder()
    for name in ["set/train/a/0.png", "set/val/a/0.png"] {
      try ImageFixtures.write(ImageFixtures.gradient(4, 4).pngData(), above[name])
    }
    #expect(error { _ = try ImageFolder(above.path) }.contains("its only folder, 'set', holds splits"))
  }

  @Test func `a split of pictures without classes is none`() throws {
    let root = try root("train/a/0.png", "train/b/0.png", "test/0.png")
    #expect(ImageFolder.splits(of: root).validation == nil)
    #expect(ImageFolder.unusedSplit(of: root) == "\(root)/test holds 1 pictures without class folders: not used")
    try ImageFixtures.write([1], folder["val/a/0.png"])
    #expect(ImageFolder.unusedSplit(of: root) == nil)
  }

  /// `timm.data.readers.reader_image_folder` and torchvision on these folders.
  @Test func `classes are numbered as torchvision's or as timm's`() throws {
    let names = ["1", "2", "10", "11", "9", "b", "A", "Z", "a", "é", "_x"]
    let root = try root("1/0.png", "2/0.png", "10/0.png")
    #expect(ClassOrder.plain.sorted(names) == ["1", "10", "11", "2", "9", "A", "Z", "_x", "a", "b", "é"])
    #expect(ClassOrder.natural.sorted(names) == ["1", "2", "9", "10", "11", "_x", "A", "a", "b", "Z", "é"])
    let plain = try ImageFolder(root)
    #expect(plain.classNames == ["1", "10", "2"] && plain.remarks.count == 1)
    #expect(plain.remarks[0].contains("class 1 is '10'; in timm's order it is '2' (--class-order natural)"))
    let natural = try ImageFolder(root, order: .natural)
    #expect(natural.classNames == ["1", "2", "10"] && natural.labels == [0, 1, 2] && natural.remarks.isEmpty)
    #expect(natural.paths.map { $0.dropFirst(root.count) } == ["/1/0.png", "/2/0.png", "/10/0.png"])
  }

  @Test func `other pictures are other data, a moved folder is not`() throws {
    let other = TemporaryFolder()
    let root = try root("a/0.png", "a/1.png", "b/0.png")
    for name in ["a/0.png", "a/1.png", "b/0.png"] {
      try ImageFixtures.write(ImageFixtures.gradient(4, 4).pngData(), other[name])
    }
    let identity = try ImageFolder(root).identity
    #expect(try identity == ImageFolder(other.path).identity)
    #expect(identity["count"]?.int == 3)
    try ImageFixtures.write(ImageFixtures.gradient(4, 4).pngData(), other["b/1.png"])
    #expect(try identity != ImageFolder(other.path).identity)
  }
}
