import SubCore
import SubData
import TestSupport
import Testing

/// Pictures without labels.
@Suite struct PictureFilesTests {
  private let folder = TemporaryFolder()

  @Test func `files count whatever they are called, of folders those with a picture's ending, deeper ones too`() throws
  {
    try FileSystem.makeFolder(folder["a/b"])
    for name in ["a/2.png", "a/1.JPG", "a/b/3.webp", "a/notes.txt", "x.tmp"] {
      try AtomicFile.write("", to: folder[name])
    }
    let pictures = try PictureFiles([folder["x.tmp"], folder["a"]])
    #expect(pictures.paths == ["x.tmp", "a/1.JPG", "a/2.png", "a/b/3.webp"].map { folder[$0] })
    #expect(pictures.remarks.count == 1 && pictures.remarks[0].contains("1 .txt"))
    #expect(pictures.labels == [0, 0, 0, 0] && pictures.classNames.isEmpty)
  }

  @Test func `what is not there, and a folder without pictures, are errors`() throws {
    try FileSystem.makeFolder(folder["empty"])
    #expect(throws: InputError.self) { try PictureFiles([folder["nothing.png"]]) }
    #expect(throws: InputError.self) { try PictureFiles([folder["empty"]]) }
  }
}
