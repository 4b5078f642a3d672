import SubCore
import SubData
import TestSupport
import Testing
import VisionSub

/// Labelled pictures as `--data` names them.
struct VisionDataTests {
  private let folder = TemporaryFolder()

  private func write(_ names: String...) throws {
    let picture = RGBImage(width: 1, height: 1, pixels: [1, 2, 3])
    for name in names {
      try FileSystem.makeFolder(FileSystem.parent(folder[name]))
      try AtomicFile.write(Array(try picture.pngData()), to: folder[name])
    }
  }

  @Test func `pictures to evaluate on without class folders are not used, which is said`() throws {
    try write("train/a/0.png", "train/b/0.png", "val/0.png", "val/1.png")
    let remark = "\(folder.path)/val holds 2 pictures without class folders: not used"
    for path in [folder.path, folder["train"]] {
      let data = try VisionData(path)
      #expect(data.validation == nil && data.train.labels == [0, 1] && data.remarks == [remark])
    }
    #expect(try VisionData.evaluation(folder.path, classNames: nil).remarks == [remark])
    try write("test/a/0.png")
    let data = try VisionData(folder.path)
    #expect(data.validation?.count == 1 && data.remarks.isEmpty)
  }

  @Test func `a byte order mark is no part of the first class's name`() throws {
    try AtomicFile.write(TarArchive.bytes([("0.png", [1]), ("0.cls", [48])]), to: folder["0.tar"])
    try AtomicFile.write("\u{feff}cat\r\ndog\r\n", to: folder["classes.txt"])
    #expect(try VisionData(folder.path).classNames == ["cat", "dog"])
  }
}
