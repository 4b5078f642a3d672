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
    let index = axis < 0 ? axis + rank : axis
    precondition(index >= 0 && index < rank, "Shape: axis \(axis) of \(self)")
    return lengths[index]
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

  public static func == (left: Shape, right: Shape) -> Bool {
    guard left.rank == right.rank else { return false }
    for axis in 0..<left.rank where left.lengths[axis] != right.lengths[axis] { return false }
    return true
  }

  public var description: String { "\(dimensions)" }
}
