/// A batch of pictures on the host as loaders hand it over: bytes, and how a device makes numbers of them
/// (`Tensor(_:on:)`). Bytes are a quarter of the numbers, where batches wait and on their way to a device.
///
/// Picture i becomes [3, H, W]: each byte as what it stands for in its channel; then other numbers in the rectangle that is
/// erased, where there is one; then what mixing takes of picture N − 1 − i, in which that picture's rectangle is erased too.
public struct PixelBatch: Sendable {
  /// u8 [N, H, W, 3]: red, green and blue side by side.
  public let bytes: HostArray
  /// What the bytes 0 ... 255 of red, then of green and of blue, stand for.
  public let table: [Float]
  /// The rectangles that are erased, in order of their pictures, one of a picture at most.
  public let erased: [ErasedArea]
  /// What they hold instead, one rectangle behind the other: red, green, blue, each row by row.
  public let noise: [Float]
  /// What pictures take of their partners.
  public let mixing: PixelMixing

  /// A batch of its parts.
  public init(
    bytes: HostArray, table: [Float], erased: [ErasedArea] = [], noise: [Float] = [], mixing: PixelMixing = .none
  ) {
    precondition(
      bytes.dtype == .u8 && bytes.shape.count == 4 && bytes.shape[3] == 3 && table.count == 3 * 256,
      "PixelBatch: \(bytes.shape) of \(bytes.dtype), a table of \(table.count)")
    let (count, height, width) = (bytes.shape[0], bytes.shape[1], bytes.shape[2])
    func fits(_ rows: Range<Int>, _ columns: Range<Int>) -> Bool {
      rows.lowerBound >= 0 && rows.upperBound <= height && columns.lowerBound >= 0 && columns.upperBound <= width
    }
    precondition(
      erased.allSatisfy { fits($0.rows, $0.columns) && (0..<count).contains($0.picture) }
        && zip(erased, erased.dropFirst()).allSatisfy { $0.picture < $1.picture }
        && erased.reduce(0) { $0 + $1.count } == noise.count,
      "PixelBatch: \(erased) with \(noise.count) numbers in \(bytes.shape)")
    if case .cut(let rows, let columns) = mixing { precondition(fits(rows, columns), "PixelBatch: \(mixing)") }
    (self.bytes, self.table, self.erased, self.noise, self.mixing) = (bytes, table, erased, noise, mixing)
  }

  /// N, H and W.
  public var count: Int { bytes.shape[0] }
  public var height: Int { bytes.shape[1] }
  public var width: Int { bytes.shape[2] }

  /// Top, left, height and width of every picture's rectangle, and where in the noise its numbers begin; a height of 0 where
  /// there is none. Empty where there is none at all.
  var erasedPlaces: [Int32] {
    guard !erased.isEmpty else { return [] }
    var (places, first) = ([Int32](repeating: 0, count: 5 * count), 0)
    for area in erased {
      let numbers = [area.rows.lowerBound, area.columns.lowerBound, area.rows.count, area.columns.count, first]
      for (index, number) in numbers.enumerated() { places[5 * area.picture + index] = Int32(number) }
      first += area.count
    }
    return places
  }
}

/// A rectangle of a picture that holds other numbers than its bytes.
public struct ErasedArea: Sendable {
  /// The picture's place in its batch.
  public let picture: Int
  /// What it covers.
  public let rows, columns: Range<Int>
  /// How many numbers it holds.
  public var count: Int { 3 * rows.count * columns.count }

  /// A rectangle.
  public init(picture: Int, rows: Range<Int>, columns: Range<Int>) {
    (self.picture, self.rows, self.columns) = (picture, rows, columns)
  }
}

/// What the numbers of a picture become by those of its partner.
public enum PixelMixing: Sendable {
  /// They stay.
  case none
  /// own · number + other · partner's number; both products are rounded.
  case blend(own: Float, other: Float)
  /// The partner's in a rectangle.
  case cut(rows: Range<Int>, columns: Range<Int>)
}
