internal import SubCore

/// The picture formats that can be read.
public enum ImageFormat: String, Sendable {
  case jpeg, png, webp

  /// The format that the first bytes of a file show, whatever its name; throws `InputError` if it is none of these.
  init(of bytes: UnsafeRawBufferPointer, name: String) throws {
    guard let beginning = Beginning.all.first(where: { $0.fits(bytes) }) else {
      let what = bytes.isEmpty ? "the image is empty" : "the image is neither JPEG nor PNG nor WebP"
      throw InputError(what, at: name, cure: "convert it to one of these, or remove it")
    }
    guard let format = beginning.format else {
      throw InputError(
        "this is \(beginning.title), not a JPEG, PNG or WebP", at: name, cure: "\(beginning.cure), or remove it")
    }
    self = format
  }

  /// The endings by which pictures are known in folders, archives and shards, in lower case and in the order in which they
  /// are looked for: those of webdataset's that can be read here, and two more of JPEGs.
  public static let endings = ["jpg", "png", "jpeg", "webp", "jpe", "jfif"]
}

/// How a kind of file begins: what can be read, and what else is found under the name of a picture.
private struct Beginning: Sendable {
  let title: String
  let format: ImageFormat?
  let cure: String
  private let parts: [(offset: Int, bytes: [UInt8])]

  /// `parts` are bytes, written as the characters of Latin-1, and where they stand.
  init(_ title: String, as format: ImageFormat? = nil, cure: String = "convert it", _ parts: (Int, String)...) {
    (self.title, self.format, self.cure) = (title, format, cure)
    self.parts = parts.map { ($0, $1.unicodeScalars.map { UInt8($0.value) }) }
  }

  func fits(_ bytes: UnsafeRawBufferPointer) -> Bool {
    parts.allSatisfy { bytes.dropFirst($0.offset).starts(with: $0.bytes) }
  }

  static let all = [
    Beginning("a JPEG", as: .jpeg, (0, "\u{ff}\u{d8}\u{ff}")),
    Beginning("a PNG", as: .png, (0, "\u{89}PNG\r\n\u{1a}\n")),
    Beginning("a WebP", as: .webp, (0, "RIFF"), (8, "WEBP")),
    Beginning("a GIF", (0, "GIF8")),
    Beginning("a BMP", (0, "BM"), (6, "\0\0\0\0")),
    Beginning("a TIFF", (0, "II*\0")),
    Beginning("a TIFF", (0, "MM\0*")),
    Beginning("an AVIF", (4, "ftypavi")),
    Beginning("a HEIC", (4, "ftyphei")),
    Beginning("a HEIC", (4, "ftypmif1")),
    Beginning("a JPEG XL", (0, "\u{ff}\n")),
    Beginning("a JPEG XL", (4, "JXL ")),
    Beginning("a JPEG 2000", (4, "jP  ")),
    Beginning("a PPM", (0, "P6")),
    Beginning("a PGM", (0, "P5")),
    Beginning("an SVG", (0, "<svg")),
    Beginning("a web page", cure: "get the picture itself", (0, "<!DOCTYPE")),
    Beginning("a web page", cure: "get the picture itself", (0, "<!doctype")),
    Beginning("a web page", cure: "get the picture itself", (0, "<html")),
    Beginning("a Git LFS pointer", cure: "get the picture itself (git lfs pull)", (0, "version https://git-lfs")),
  ]
}
