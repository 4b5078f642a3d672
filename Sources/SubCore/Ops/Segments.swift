/// Rows of several sequences one behind the other: sequence b holds rows offsets[b] ..< offsets[b + 1].
public struct Segments {
  /// i32 [count + 1].
  public let offsets: Tensor
  /// The number of sequences.
  public let count: Int
  /// The rows of all sequences.
  public let rows: Int
  /// The longest sequence, of the whole batch where these are part of one.
  public let longest: Int
  /// The rows of each sequence, on the host.
  let lengths: [Int]

  /// Sequences of the given lengths. `longest`: that of the batch whose part they are.
  public init(lengths: [Int], longest: Int? = nil, on device: Device) {
    var ends = [0]
    ends.reserveCapacity(lengths.count + 1)
    for length in lengths { ends.append(ends.last! + length) }
    self.init(lengths, Tensor(indices: ends, on: device), longest: longest)
  }

  /// `count` sequences of one length.
  public init(count: Int, length: Int, on device: Device) {
    self.init(Array(repeating: length, count: count), .indices(count + 1, step: length, on: device))
  }

  /// `count` times a sequence of `first` rows and one of `second`.
  public init(count: Int, first: Int, second: Int, on device: Device) {
    let ends = Tensor.indices(2, step: first, rows: count + 1, rowStep: first + second, on: device)
    self.init(
      (0..<2 * count).map { $0 % 2 == 0 ? first : second }, ends.slice(from: 0, shape: [2 * count + 1]))
  }

  private init(_ lengths: [Int], _ offsets: Tensor, longest: Int? = nil) {
    (self.offsets, self.lengths) = (offsets, lengths)
    count = lengths.count
    rows = lengths.reduce(0, +)
    self.longest = longest ?? lengths.max() ?? 0
  }
}
