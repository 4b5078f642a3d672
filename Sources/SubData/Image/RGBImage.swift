internal import CSubImage

/// A picture of 8-bit red, green and blue samples, interleaved, rows from top to bottom: `[height, width, 3]`.
public struct RGBImage: Sendable, Equatable {
  /// Columns.
  public let width: Int
  /// Rows.
  public let height: Int
  /// The pixels, and behind them bytes that vector loads may touch.
  package var storage: [UInt8]

  /// The number of pixels.
  public var count: Int { width * height }
  /// The pixels alone, `height * width * 3` bytes.
  public var pixels: [UInt8] { Array(storage[0..<(3 * count)]) }

  /// A picture of the given `height * width * 3` bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0 && pixels.count == width * height * 3, "RGBImage: \(width)x\(height)")
    self.init(width: width, height: height) { target in
      for (index, value) in pixels.enumerated() { target[index] = value }
    }
  }

  /// A picture of one colour.
  public init(width: Int, height: Int, color: [UInt8]) {
    precondition(width > 0 && height > 0 && color.count == 3, "RGBImage: \(width)x\(height) of \(color)")
    self.init(width: width, height: height) { csi_fill($0, width * height, color) }
  }

  /// A picture whose every byte `fill` writes.
  package init<Failure: Error>(
    width: Int, height: Int, fill: (UnsafeMutablePointer<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    self.width = width
    self.height = height
    let size = width * height * 3 + Int(CSI_PADDING)
    var failure: Failure?
    storage = [UInt8](unsafeUninitializedCapacity: size) { memory, initialized in
      let start = memory.baseAddress!
      do throws(Failure) {
        try fill(start)
        (start + (size - Int(CSI_PADDING))).update(repeating: 0, count: Int(CSI_PADDING))
        initialized = size
      } catch {
        failure = error
        initialized = 0
      }
    }
    if let failure { throw failure }
  }

  /// The channels at a column and a row.
  public subscript(x: Int, y: Int) -> [UInt8] {
    precondition(
      (0..<width).contains(x) && (0..<height).contains(y), "RGBImage: pixel \(x), \(y) of \(width)x\(height)")
    let start = (y * width + x) * 3
    return Array(storage[start..<(start + 3)])
  }

  public static func == (left: RGBImage, right: RGBImage) -> Bool {
    left.width == right.width && left.height == right.height
      && left.storage.prefix(3 * left.count).elementsEqual(right.storage.prefix(3 * right.count))
  }

  /// The part of the picture inside a rectangle, which must lie within it.
  public func cropped(to area: PixelArea) -> RGBImage {
    precondition(area.fits(width: width, height: height), "RGBImage: \(area) of \(width)x\(height)")
    return RGBImage(width: area.width, height: area.height) { target in
      storage.withUnsafeBufferPointer { source in
        for y in 0..<area.height {
          let row = source.baseAddress! + ((area.top + y) * width + area.left) * 3
          (target + y * area.width * 3).update(from: row, count: area.width * 3)
        }
      }
    }
  }

  /// The picture mirrored left to right.
  public func flipped() -> RGBImage {
    var result = self
    let (width, height) = (Int32(width), Int32(height))
    result.withMutablePixels { csi_flip($0, width, height) }
    return result
  }

  /// The writable pixels, `height * width * 3` bytes with padding behind.
  package mutating func withMutablePixels(_ body: (UnsafeMutablePointer<UInt8>) -> Void) {
    storage.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
  }

  /// The readable pixels, `height * width * 3` bytes with padding behind.
  package func withPixels(_ body: (UnsafePointer<UInt8>) -> Void) {
    storage.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}

/// A rectangle of pixels.
public struct PixelArea: Sendable, Equatable {
  /// The first column.
  public var left: Int
  /// The first row.
  public var top: Int
  /// Columns.
  public var width: Int
  /// Rows.
  public var height: Int

  /// A rectangle from its corner and size.
  public init(left: Int, top: Int, width: Int, height: Int) {
    self.left = left
    self.top = top
    self.width = width
    self.height = height
  }

  /// What it covers.
  var rows: Range<Int> { top..<top + height }
  var columns: Range<Int> { left..<left + width }

  /// Whether the rectangle is not empty and lies within a picture of the given size.
  public func fits(width: Int, height: Int) -> Bool {
    left >= 0 && top >= 0 && self.width > 0 && self.height > 0 && self.width <= width - left
      && self.height <= height - top
  }
}
