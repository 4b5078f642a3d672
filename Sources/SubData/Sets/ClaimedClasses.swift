import SubCore

/// The number of classes that the largest label claims where nobody names them.
enum ClaimedClasses {
  /// What a class costs at least: a row of a thousand weights.
  private static let row = 4096

  /// Throws where a few pictures claim more classes than anybody has.
  static func check(_ largest: Int, pictures: Int, at place: String) throws(InputError) {
    try ClaimLimit.check(
      (Double(largest) + 1) * Double(row), holding: pictures * row,
      "label \(largest) among \(pictures) pictures claims as many classes", at: place)
  }
}
