internal import SubCore

/// The picture formats that can be read.
public enum ImageFormat: String, Sendable {
  case jpeg, png, webp

  /// The format that the first bytes of a file show; throws `InputError` if it is none of these.
  init(of bytes: UnsafeRawBufferPointer, name: String) throws {
    if bytes.starts(with: [0xff, 0xd8, 0xff]) {
      self = .jpeg
    } else if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) {
      self = .png
    } else if bytes.count >= 12 && bytes.starts(with: Array("RIFF".utf8))
      && bytes[8..<12].elementsEqual("WEBP".utf8)
    {
      self = .webp
    } else {
      let what = bytes.isEmpty ? "the image is empty" : "the image is neither JPEG nor PNG nor WebP"
      throw InputError(what, at: name, cure: "convert it to one of these, or remove it")
    }
  }

  /// The file name extensions by which pictures in folders are known, in lower case: of torchvision's those that can be
  /// read here, and two more of JPEGs.
  public static let folderExtensions: Set<String> = ["jpg", "jpeg", "jpe", "jfif", "png", "webp"]
}
