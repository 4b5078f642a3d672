extension Communicator {
  /// Makes of the means and biased variances [D] of this rank's rows those of all ranks' rows, joined in f64. How many
  /// rows these are.
  func joinMoments(_ mean: Tensor, _ variance: Tensor, rows: Int) -> Int {
    guard !isAlone else { return rows }
    let width = mean.count
    let all = gather([Double(rows)] + mean.doubles() + variance.doubles())
    let parts = (0..<count).map { all[$0 * (1 + 2 * width)..<($0 + 1) * (1 + 2 * width)] }
    let total = parts.reduce(0) { $0 + $1[$1.startIndex] }
    var (means, variances) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for part in parts {
      let (share, first) = (part[part.startIndex] / total, part.startIndex + 1)
      for column in 0..<width { means[column] += share * part[first + column] }
    }
    for part in parts {
      let (share, first) = (part[part.startIndex] / total, part.startIndex + 1)
      for column in 0..<width {
        let apart = part[first + column] - means[column]
        variances[column] += share * (part[first + width + column] + apart * apart)
      }
    }
    mean.write(HostArray(means, shape: [width], dtype: .f64))
    variance.write(HostArray(variances, shape: [width], dtype: .f64))
    return Int(total)
  }
}
