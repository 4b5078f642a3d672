internal import CSubImage
public import SubCore

/// What a decoder may do and how far it goes.
public struct ImageDecodeOptions: Sendable, Equatable {
  /// Whether the picture is turned as its EXIF orientation says. The loaders of timm and torchvision do not.
  public var appliesOrientation: Bool
  /// Pictures of more pixels are refused before any memory is taken; the default is Pillow's own limit.
  public var maxPixels: Int

  /// Options; the defaults are what timm's and torchvision's loaders do.
  public init(appliesOrientation: Bool = false, maxPixels: Int = 178_956_970) {
    self.appliesOrientation = appliesOrientation
    self.maxPixels = maxPixels
  }
}

/// A JPEG, PNG or WebP file whose header has been read and whose pixels are still to come. They are those of Pillow's
/// `Image.open(…).convert("RGB")`: alpha dropped, CMYK converted, colour profiles ignored.
public final class ImageDecoder {
  /// Columns of the pictures that `decode` makes.
  public let width: Int
  /// Rows of the pictures that `decode` makes.
  public let height: Int
  /// The EXIF orientation, 1 (upright) to 8; applied only if the options say so.
  public let orientation: ImageOrientation
  /// The file's format.
  public let format: ImageFormat

  private let bytes: HostArray
  private let name: String
  private let turns: Bool
  private let stored: (width: Int, height: Int)
  private let jpeg: OpaquePointer?
  private let png: OpaquePointer?

  /// Reads the header of `bytes`, a u8 array with a file's contents; `name` appears in errors.
  ///
  /// Throws `InputError` for a file that is no JPEG, PNG or WebP, is broken, or claims more pixels than `options` allow
  /// or than its bytes could hold.
  public init(_ bytes: HostArray, name: String, options: ImageDecodeOptions = ImageDecodeOptions()) throws {
    self.bytes = bytes
    self.name = name
    var width: Int32 = 0
    var height: Int32 = 0
    var isAnimated = false
    var message = csi_message()
    let format = try bytes.withBytes { try ImageFormat(of: $0, name: name) }
    let orientation = bytes.withBytes { ImageOrientation(of: $0, format: format) }
    let turns = options.appliesOrientation && orientation != .upright
    var jpeg: OpaquePointer?
    var png: OpaquePointer?
    let opened = bytes.withBytes { memory -> Bool in
      let start = memory.bindMemory(to: UInt8.self).baseAddress
      switch format {
      case .jpeg: jpeg = csi_jpeg_open(start, memory.count, &width, &height, &message)
      case .png: png = csi_png_open(start, memory.count, &width, &height, &message)
      case .webp: return csi_webp_header(start, memory.count, &width, &height, &isAnimated, &message)
      }
      return jpeg != nil || png != nil
    }
    (self.format, self.orientation, self.turns, self.jpeg, self.png) = (format, orientation, turns, jpeg, png)
    stored = (Int(width), Int(height))
    (self.width, self.height) = turns && orientation.swapsAxes ? (stored.height, stored.width) : stored
    guard opened else { throw Self.broken(message, name: name) }
    let pixels = Int64(width) * Int64(height)
    guard pixels > 0 else { throw InputError("the image has no pixels", at: name, cure: "remove or replace the file") }
    guard pixels <= options.maxPixels else {
      throw InputError(
        "the image claims \(width)x\(height) pixels, more than \(options.maxPixels)", at: name,
        cure: "remove it, or shrink it")
    }
    // libwebp composes animations on two canvases of four bytes a pixel.
    try ClaimLimit.check(
      Double(pixels) * (isAnimated ? 11 : 3), holding: bytes.count, "the image claims \(width)x\(height) pixels",
      at: name)
    guard fits(pixels: pixels) else {
      throw InputError(
        "the image claims \(width)x\(height) pixels, more than its \(bytes.count) bytes can hold", at: name,
        cure: "remove or replace the file")
    }
  }

  deinit {
    csi_jpeg_close(jpeg)
    csi_png_close(png)
  }

  /// The whole picture.
  public static func decode(
    _ bytes: HostArray, name: String, options: ImageDecodeOptions = ImageDecodeOptions()
  ) throws -> RGBImage {
    try ImageDecoder(bytes, name: name, options: options).decode()
  }

  /// The picture, or the part of it inside `area`, whose pixels are those of a whole decode. Call once.
  ///
  /// With a `denominator` of 2, 4 or 8 a JPEG is decoded at that fraction of its size (rounded up) straight from its
  /// coefficients, other formats are unaffected, and `area` counts pixels of the smaller picture. That is quicker and
  /// not what a whole decode with a resize gives.
  ///
  /// A JPEG is read no further than the area's last row: damage below it goes unnoticed.
  public func decode(area: PixelArea? = nil, denominator: Int = 1) throws -> RGBImage {
    let size = decodedSize(denominator: denominator)
    let wanted = area ?? PixelArea(left: 0, top: 0, width: size.width, height: size.height)
    precondition(wanted.fits(width: size.width, height: size.height), "ImageDecoder: \(wanted) of \(size)")
    if turns {
      let raw = storedSize(denominator: denominator)
      let whole = PixelArea(left: 0, top: 0, width: raw.width, height: raw.height)
      return orientation.applied(to: try decodeStored(whole, denominator)).cropped(to: wanted)
    }
    return try decodeStored(wanted, denominator)
  }

  /// The size of a picture decoded at 1/denominator.
  public func decodedSize(denominator: Int) -> (width: Int, height: Int) {
    let size = storedSize(denominator: denominator)
    return turns && orientation.swapsAxes ? (size.height, size.width) : size
  }

  private func storedSize(denominator: Int) -> (width: Int, height: Int) {
    precondition([1, 2, 4, 8].contains(denominator), "ImageDecoder: denominator \(denominator)")
    guard let jpeg, denominator > 1 else { return stored }
    var width: Int32 = 0
    var height: Int32 = 0
    csi_jpeg_scaled_size(jpeg, Int32(denominator), &width, &height)
    return (Int(width), Int(height))
  }

  private func decodeStored(_ area: PixelArea, _ denominator: Int) throws -> RGBImage {
    var message = csi_message()
    if let jpeg {
      return try RGBImage(width: area.width, height: area.height) { target throws(InputError) in
        let done = csi_jpeg_decode(
          jpeg, Int32(denominator), Int32(area.left), Int32(area.top), Int32(area.width), Int32(area.height), target,
          &message)
        if !done { throw Self.broken(message, name: name) }
      }
    }
    let whole = try RGBImage(width: stored.width, height: stored.height) { target throws(InputError) in
      let done =
        if let png { csi_png_decode(png, target, &message) } else {
          bytes.withBytes { memory in
            csi_webp_decode(
              memory.bindMemory(to: UInt8.self).baseAddress, memory.count, Int32(stored.width), Int32(stored.height),
              target, &message)
          }
        }
      if !done { throw Self.broken(message, name: name) }
    }
    return area.width == whole.width && area.height == whole.height ? whole : whole.cropped(to: area)
  }

  /// Whether the file could hold that many pixels. The bounds are generous: a picture of a single colour passes.
  private func fits(pixels: Int64) -> Bool {
    let bytes = Int64(bytes.count)
    switch format {
    case .jpeg: return pixels <= 1 << 22 + 4096 * bytes  // a coded 8x8 block takes more than an eighth of a bit
    case .png: return Int64(clamping: csi_png_raw_bytes(png)) <= 1 << 16 + 1040 * bytes  // deflate's limit is 1032
    case .webp: return pixels <= 1 << 24 + (1 << 16) * bytes
    }
  }

  private static func broken(_ message: csi_message, name: String) -> InputError {
    let text = withUnsafeBytes(of: message.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return InputError("broken image: \(text)", at: name, cure: "remove or replace the file")
  }
}
