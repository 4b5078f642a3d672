import SubCore
import SubData
import Testing

/// Against Pillow: scripts/reference/image_files.py.
struct ImageDecoderTests {
  struct File: Decodable {
    let name: String
    let width: Int
    let height: Int
    let crc: UInt32
    let orientation: Int
    let turned: UInt32
  }

  @Test func `every stored form decodes to Pillow's bytes`() throws {
    let files = try ImageFixtures.decode([File].self, "files.json")
    #expect(files.count > 40)
    for file in files {
      let bytes = try ImageFixtures.bytes("files/\(file.name)")
      let decoder = try ImageDecoder(bytes, name: file.name)
      #expect((decoder.width, decoder.height) == (file.width, file.height))
      #expect(decoder.orientation.rawValue == file.orientation, "\(file.name)")
      let image = try decoder.decode()
      #expect(image.crc == file.crc, "\(file.name)")
      let turned = try ImageDecoder.decode(bytes, name: file.name, options: .init(appliesOrientation: true))
      #expect(turned.crc == file.turned, "\(file.name), turned")
    }
  }

  @Test func `a part decodes to that part of the whole`() throws {
    for name in ["420.jpg", "progressive.jpg", "exif6.jpg", "cmyk.jpg", "grey.jpg", "rgb.png", "lossy.webp"] {
      let bytes = try ImageFixtures.bytes("files/\(name)")
      for turns in [false, true] {
        let options = ImageDecodeOptions(appliesOrientation: turns)
        let whole = try ImageDecoder.decode(bytes, name: name, options: options)
        let area = PixelArea(left: 11, top: 7, width: 9, height: 13)
        let part = try ImageDecoder(bytes, name: name, options: options).decode(area: area)
        #expect(part == whole.cropped(to: area), "\(name)")
      }
    }
  }

  @Test func `parts of a large picture are those of the whole, at every place`() throws {
    let bytes = try ImageFixtures.bytes("large.jpg")
    let whole = try ImageDecoder.decode(bytes, name: "large.jpg")
    let key = RandomKey(seed: 3)
    for trial in 0..<60 {
      let draw = key.fold(trial)
      let width = 1 + draw.integer(below: 60, at: 0)
      let height = 1 + draw.integer(below: 60, at: 1)
      let area = PixelArea(
        left: draw.integer(below: whole.width - width + 1, at: 2),
        top: draw.integer(below: whole.height - height + 1, at: 3), width: width, height: height)
      #expect(try ImageDecoder(bytes, name: "large.jpg").decode(area: area) == whole.cropped(to: area), "\(area)")
    }
  }

  @Test func `a JPEG decodes at a half, a quarter and an eighth`() throws {
    let bytes = try ImageFixtures.bytes("files/444.jpg")
    let whole = try ImageDecoder.decode(bytes, name: "444.jpg")
    for denominator in [2, 4, 8] {
      let small = try ImageDecoder(bytes, name: "444.jpg").decode(denominator: denominator)
      #expect(small.width == (45 + denominator - 1) / denominator)
      let resized = whole.resized(width: small.width, height: small.height, interpolation: .bilinear)
      let difference = zip(small.pixels, resized.pixels).map { abs(Int($0) - Int($1)) }.reduce(0, +)
      #expect(Double(difference) / Double(small.pixels.count) < 12)
    }
  }

  @Test func `a JPEG without its end marker is whole, a cut one is not`() throws {
    let whole = try ImageDecoder.decode(try ImageFixtures.bytes("files/420.jpg"), name: "")
    #expect(try ImageDecoder.decode(try ImageFixtures.bytes("files/no-end.jpg"), name: "") == whole)
  }

  @Test func `broken files are errors that name them`() throws {
    let names = try ImageFixtures.decode([String].self, "broken.json")
    #expect(names.count > 10)
    for name in names {
      let bytes = try ImageFixtures.bytes("files/broken-\(name)")
      let error = #expect(throws: InputError.self, "\(name)") { _ = try ImageDecoder.decode(bytes, name: name) }
      #expect(error?.place == name)
    }
  }

  /// As Pillow, which checks what stands before the image data, and of these wants the rows alone.
  @Test(arguments: ["rgb", "interlaced", "palette", "grey16"])
  func `a PNG whose rows are all there is whole`(name: String) throws {
    let original = [UInt8](try ImageFixtures.data("files/\(name).png"))
    let whole = try ImageDecoder.decode(ImageFixtures.array(original), name: "")
    func read(_ bytes: [UInt8]) -> RGBImage? { try? ImageDecoder.decode(ImageFixtures.array(bytes), name: "") }
    var damaged = original
    // The data's checksum stands before the 12 bytes of the end, its zlib trailer before that.
    damaged[original.count - 13] ^= 1
    #expect(read(damaged) == whole)
    for cut in 1...20 { #expect(read(original.dropLast(cut)) == whole, "\(cut) bytes cut off") }
    for cut in [60, 100, 200] { #expect(read(original.dropLast(cut)) == nil, "\(cut) bytes cut off") }
    damaged = original
    // The header's, behind 8 bytes of signature and its own 8 + 13.
    damaged[29] ^= 1
    #expect(read(damaged) == nil)
  }

  @Test func `a wrong checksum before the image data is an error in what may be left out, too`() throws {
    var bytes = [UInt8](try ImageFixtures.data("files/exif.png"))
    let name = try #require(bytes.firstRange(of: Array("eXIf".utf8)))
    #expect(throws: Never.self) { try ImageDecoder.decode(ImageFixtures.array(bytes), name: "") }
    bytes[name.upperBound] ^= 1
    #expect(throws: InputError.self) { try ImageDecoder.decode(ImageFixtures.array(bytes), name: "") }
  }

  @Test func `no damage traps`() throws {
    for name in [
      "420.jpg", "progressive.jpg", "cmyk.jpg", "exif6.jpg", "rgb.png", "palette.png", "interlaced.png",
      "exif.png", "lossy.webp", "lossless.webp", "animated.webp", "exif.webp",
    ] {
      let original = [UInt8](try ImageFixtures.data("files/\(name)"))
      let key = RandomKey(seed: 1).fold(name)
      for trial in 0..<120 {
        var bytes = original
        for flip in 0..<(1 + trial % 4) {
          bytes[key.integer(below: bytes.count, at: 8 * trial + flip)] = UInt8(
            key.integer(below: 256, at: 100_000 + 8 * trial + flip))
        }
        if trial % 3 == 0 { bytes.removeLast(key.integer(below: bytes.count, at: 200_000 + trial)) }
        let options = ImageDecodeOptions(appliesOrientation: true, maxPixels: 1 << 20)
        if let image = try? ImageDecoder.decode(ImageFixtures.array(bytes), name: name, options: options) {
          #expect(image.count <= 1 << 20)
        }
      }
    }
  }

  @Test func `more pixels than allowed are refused before decoding`() throws {
    let bytes = try ImageFixtures.bytes("files/rgb.png")
    let error = #expect(throws: InputError.self) {
      _ = try ImageDecoder(bytes, name: "a.png", options: ImageDecodeOptions(maxPixels: 45 * 31 - 1))
    }
    #expect(error?.what.contains("45x31") == true)
    _ = try ImageDecoder(bytes, name: "a.png", options: ImageDecodeOptions(maxPixels: 45 * 31))
  }

  @Test(arguments: [
    ("GIF89a\u{1}\0\u{1}\0", "a GIF"), ("BM\u{46}\0\0\0\0\0\0\0", "a BMP"), ("II*\0\u{8}\0\0\0", "a TIFF"),
    ("\0\0\0 ftypavif", "an AVIF"), ("\0\0\0\u{18}ftypheic", "a HEIC"), ("P6\n1 1\n255\nabc", "a PPM"),
    ("<html></html>", "a web page"), ("version https://git-lfs.github.com/spec/v1", "a Git LFS pointer"),
  ])
  func `what is no picture of a known format is called by its name`(text: String, title: String) {
    let error = #expect(throws: InputError.self) {
      _ = try ImageDecoder(ImageFixtures.array(text.unicodeScalars.map { UInt8($0.value) }), name: "a.jpg")
    }
    #expect(error?.what == "this is \(title), not a JPEG, PNG or WebP" && error?.place == "a.jpg")
    for unknown in ["", "RIFF0000WAVE", "BM", "text"] {
      let error = #expect(throws: InputError.self) {
        _ = try ImageDecoder(ImageFixtures.array(Array(unknown.utf8)), name: "a.jpg")
      }
      #expect(error?.what.hasPrefix("the image is ") == true, "\(unknown)")
    }
  }

  @Test func `a PNG of ours reads back as it was`() throws {
    let image = ImageFixtures.gradient(37, 21)
    #expect(try ImageDecoder.decode(ImageFixtures.array(image.pngData()), name: "") == image)
  }
}
