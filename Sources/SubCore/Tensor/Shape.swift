/// The lengths of a tensor's axes, at most six, stored inline.
public struct Shape: Sendable, Equatable, ExpressibleByArrayLiteral, CustomStringConvertible {
  private var lengths: InlineArray<6, Int>
  /// The number of axes.
  public let rank: Int

  /// A shape from its lengths.
  public init(_ dimensions: [Int]) {
    precondition(dimensions.count <= 6, "Shape: rank \(dimensions.count) exceeds 6")
    precondition(dimensions.allSatisfy { $0 >= 0 }, "Shape: negative length in \(dimensions)")
    lengths = InlineArray(repeating: 1)
    rank = dimensions.count
    for (axis, length) in dimensions.enumerated() { lengths[axis] = length }
  }

  public init(arrayLiteral elements: Int...) { self.init(elements) }

  /// The length of an axis; negative axes count from the end.
  public subscript(axis: Int) -> Int {
    lengths[index(of: axis)]
  }

  /// The number of elements.
  public var count: Int {
    var product = 1
    for axis in 0..<rank { product *= lengths[axis] }
    return product
  }

  /// The lengths as an array.
  public var dimensions: [Int] { (0..<rank).map { lengths[$0] } }

  /// The product of all axes but the last: the rows of the matrix that a linear layer sees.
  public var rows: Int { rank == 0 ? 1 : (0..<(rank - 1)).reduce(1) { $0 * lengths[$1] } }
  /// The last axis, 1 for a scalar.
  public var columns: Int { rank == 0 ? 1 : lengths[rank - 1] }

  /// The same shape with another last axis.
  public func replacingLast(with length: Int) -> Shape { Shape(Array(dimensions.dropLast()) + [length]) }

  /// The same shape with another length at an axis.
  public func replacing(_ axis: Int, with length: Int) -> Shape {
    var shape = self
    shape.lengths[index(of: axis)] = length
    return shape
  }

  /// The shape without an axis.
  public func removing(_ axis: Int) -> Shape {
    var dimensions = dimensions
    dimensions.remove(at: index(of: axis))
    return Shape(dimensions)
  }

  /// The shape with one more axis before the present one, or behind the last (−1, or the rank).
  public func inserting(_ length: Int, at axis: Int) -> Shape {
    let index = axis < 0 ? axis + rank + 1 : axis
    precondition(index >= 0 && index <= rank, "Shape: a new axis \(axis) of \(self)")
    var dimensions = dimensions
    dimensions.insert(length, at: index)
    return Shape(dimensions)
  }

  /// The number of an axis from the front.
  func index(of axis: Int) -> Int {
    let index = axis < 0 ? axis + rank : axis
    precondition(index >= 0 && index < rank, "Shape: axis \(axis) of \(self)")
    return index
  }

  /// The shape of a result of two operands, as NumPy has it: from the last axis on, lengths are equal or one of them is
  /// 1 or missing.
  func broadcast(with other: Shape) -> Shape {
    let rank = max(self.rank, other.rank)
    return Shape(
      (0..<rank).map { axis in
        let (a, b) = (length(axis, of: rank), other.length(axis, of: rank))
        precondition(a == b || a == 1 || b == 1, "shapes \(self) and \(other) do not fit each other")
        return a == 1 ? b : a
      })
  }

  /// The length of an axis when aligned with a shape of `rank` axes; 1 where there is none.
  private func length(_ axis: Int, of rank: Int) -> Int {
    let own = axis - (rank - self.rank)
    return own < 0 ? 1 : lengths[own]
  }

  public static func == (left: Shape, right: Shape) -> Bool {
    guard left.rank == right.rank else { return false }
    for axis in 0..<left.rank where left.lengths[axis] != right.lengths[axis] { return false }
    return true
  }

  public var description: String { "\(dimensions)" }
}
