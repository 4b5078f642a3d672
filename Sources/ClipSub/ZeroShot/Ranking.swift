/// Places in a descending order.
enum Ranking {
  /// How many elements stand before the one at `place`, counted from 0: larger ones, and equal ones further ahead. An
  /// element that is not a number stands behind all others.
  static func rank(of place: Int, in row: ArraySlice<Float>) -> Int {
    let own = row[row.startIndex + place]
    guard !own.isNaN else { return row.count - 1 }
    var rank = 0
    for (index, value) in row.enumerated() where value > own || (value == own && index < place) { rank += 1 }
    return rank
  }
}
