public import SubCore

/// The nearest of some vectors by the cosine of the angle between them.
public struct Neighbours {
  /// How many vectors there are.
  public let count: Int
  private let rows: Tensor
  private let device: Device
  /// Cosines that are held at once.
  private static let atOnce = 1 << 24

  /// Vectors [count, width], row-major, of any length.
  public init(_ vectors: [Float], width: Int, on device: Device) {
    precondition(width > 0 && vectors.count % width == 0, "Neighbours: \(vectors.count) numbers, \(width) wide")
    count = vectors.count / width
    self.device = device
    rows = Tape.withoutRecording {
      Tensor(HostArray(vectors, shape: [vectors.count / width, width]), on: device).normalizedRows()
    }
  }

  /// The `k` nearest of every query, the nearest first; of equally near ones the first comes first. `leavingOut`: the
  /// vector that is the query itself.
  public func nearest(
    _ k: Int, to queries: [[Float]], leavingOut own: (_ query: Int) -> Int? = { _ in nil }
  ) throws -> [[(index: Int, cosine: Float)]] {
    guard let width = queries.first?.count, count > 0 else { return queries.map { _ in [] } }
    let piece = max(1, Self.atOnce / count)
    return try stride(from: 0, to: queries.count, by: piece).flatMap { first in
      try Interruption.check()
      let some = queries[first..<min(queries.count, first + piece)]
      let cosines = Tape.withoutRecording {
        Tensor(HostArray(some.flatMap { $0 }, shape: [some.count, width]), on: device).normalizedRows().linear(rows)
          .floats()
      }
      return (0..<some.count).map { row in
        let values = cosines[row * count..<(row + 1) * count]
        let left = own(first + row)
        func key(_ index: Int) -> Float {
          values[values.startIndex + index].isNaN ? -2 : values[values.startIndex + index]
        }
        return (0..<count).filter { $0 != left }.sorted { (key($1), $0) < (key($0), $1) }.prefix(k)
          .map { ($0, values[values.startIndex + $0]) }
      }
    }
  }
}
