import SubCore
import SubTrain

/// What `inspect --stats` says about a tensor's values.
struct TensorStatistics {
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  private(set) var mean = 0.0
  private(set) var deviation = 0.0
  private(set) var zeros = 0
  private(set) var notFinite = 0
  private let count: Int

  /// Statistics in double; NaN and infinities are counted and otherwise left out. The standard deviation is that of the
  /// values themselves (divided by their number). Works in pieces, so that a large tensor needs no copy of its own.
  init(_ array: HostArray) {
    count = array.count
    var squares = 0.0
    var seen = 0.0
    let piece = 1 << 16
    for start in stride(from: 0, to: count, by: piece) {
      let length = min(piece, count - start)
      let part = HostArray(
        dtype: array.dtype, shape: [length], buffer: array.buffer,
        byteOffset: array.byteOffset + start * array.dtype.size)
      for value in part.doubles() {
        guard value.isFinite else {
          notFinite += 1
          continue
        }
        if value == 0 { zeros += 1 }
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        // Welford's update: exact enough for any length, and one pass.
        seen += 1
        let difference = value - mean
        mean += difference / seen
        squares += difference * (value - mean)
      }
    }
    deviation = seen > 0 ? (squares / seen).squareRoot() : 0
  }

  /// The figures on a line.
  var text: String {
    guard count > 0 else { return "empty" }
    guard notFinite < count else { return "no finite value in \(count)" }
    let figures =
      "min \(Self.short(minimum))  max \(Self.short(maximum))  mean \(Self.short(mean))  std \(Self.short(deviation))"
    return "\(figures)  zeros \(zeros)" + (notFinite > 0 ? "  NOT FINITE \(notFinite)" : "")
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? String(Int(value)) : Float(value).significant(5)
  }
}
