/// How a stored picture has to be turned to stand upright: EXIF tag 0x0112.
public enum ImageOrientation: Int, Sendable, CaseIterable {
  case upright = 1
  case mirrored, halfTurn, flipped, transposed, clockwise, transversed, counterclockwise

  /// Whether turning swaps width and height.
  public var swapsAxes: Bool { rawValue >= 5 }

  /// The picture, upright.
  public func applied(to image: RGBImage) -> RGBImage {
    guard self != .upright else { return image }
    let (width, height) = swapsAxes ? (image.height, image.width) : (image.width, image.height)
    return RGBImage(width: width, height: height) { target in
      image.withPixels { source in
        for y in 0..<height {
          for x in 0..<width {
            let (right, bottom) = (image.width - 1, image.height - 1)
            let (column, row) =
              switch self {
              case .upright: (x, y)
              case .mirrored: (right - x, y)
              case .halfTurn: (right - x, bottom - y)
              case .flipped: (x, bottom - y)
              case .transposed: (y, x)
              case .clockwise: (y, bottom - x)
              case .transversed: (right - y, bottom - x)
              case .counterclockwise: (right - y, x)
              }
            (target + (y * width + x) * 3).update(from: source + (row * image.width + column) * 3, count: 3)
          }
        }
      }
    }
  }

  /// The orientation that a file states; upright when it states none or a broken one.
  init(of bytes: UnsafeRawBufferPointer, format: ImageFormat) {
    let exif =
      switch format {
      case .jpeg: Self.jpegEXIF(bytes)
      case .png: Self.chunk("eXIf", in: bytes, from: 8, bigEndian: true)
      case .webp: Self.chunk("EXIF", in: bytes, from: 12, bigEndian: false)
      }
    self = exif.flatMap { Self.tag(in: $0) }.flatMap { ImageOrientation(rawValue: $0) } ?? .upright
  }

  /// The TIFF block of the first APP1 segment that holds one.
  private static func jpegEXIF(_ bytes: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer>? {
    var position = 2
    while position + 4 <= bytes.count, bytes[position] == 0xff {
      let marker = bytes[position + 1]
      if marker == 0xff {
        position += 1
        continue
      }
      if marker == 0xda || marker == 0xd9 { return nil }  // pixels begin, or the end
      let length = Int(bytes[position + 2]) << 8 | Int(bytes[position + 3])
      guard length >= 2, position + 2 + length <= bytes.count else { return nil }
      let body = bytes[(position + 4)..<(position + 2 + length)]
      if marker == 0xe1, body.starts(with: Array("Exif\0\0".utf8)) { return body.dropFirst(6) }
      position += 2 + length
    }
    return nil
  }

  /// The body of a PNG chunk (length, name, body, checksum) or a RIFF chunk (name, length, body, padded to even).
  private static func chunk(
    _ name: String, in bytes: UnsafeRawBufferPointer, from start: Int, bigEndian: Bool
  ) -> Slice<UnsafeRawBufferPointer>? {
    var position = start
    while position + 8 <= bytes.count {
      let length = number(in: bytes[...], at: bigEndian ? position : position + 4, count: 4, bigEndian: bigEndian) ?? 0
      let label = bigEndian ? position + 4 : position
      guard length <= bytes.count - position - 8 else { return nil }
      if bytes[label..<(label + 4)].elementsEqual(name.utf8) { return bytes[(position + 8)..<(position + 8 + length)] }
      position += 8 + length + (bigEndian ? 4 : length & 1)
    }
    return nil
  }

  /// Tag 0x0112 of the first directory of a TIFF block (which "Exif\0\0" may precede).
  private static func tag(in exif: Slice<UnsafeRawBufferPointer>) -> Int? {
    let block = exif.starts(with: Array("Exif\0\0".utf8)) ? exif.dropFirst(6) : exif
    let bigEndian = block.starts(with: [0x4d, 0x4d])
    func read(_ offset: Int, _ count: Int) -> Int? {
      number(in: block, at: block.startIndex + offset, count: count, bigEndian: bigEndian)
    }
    guard bigEndian || block.starts(with: [0x49, 0x49]), read(2, 2) == 42, let directory = read(4, 4),
      let entries = read(directory, 2)
    else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + 12 * entry
      guard let tag = read(offset, 2) else { return nil }
      if tag == 0x0112 { return read(offset + 8, 2) }
    }
    return nil
  }

  private static func number(
    in bytes: Slice<UnsafeRawBufferPointer>, at position: Int, count: Int, bigEndian: Bool
  ) -> Int? {
    guard position >= bytes.startIndex, position <= bytes.endIndex - count else { return nil }
    let digits = bytes[position..<(position + count)]
    return bigEndian ? digits.reduce(0) { $0 << 8 | Int($1) } : digits.reversed().reduce(0) { $0 << 8 | Int($1) }
  }
}
