/// What the one number of a method is, and what it is where nobody gives it.
public struct MethodRatio: Sendable {
  /// What the number is, in words: "stochastic depth".
  public let meaning: String
  /// Whether it is the share of the input that is hidden.
  public let isHidden: Bool
  /// What it can be.
  public let range: Range<Double>
  /// What it is unless it is given, in words: "0.2".
  public let standardText: String
  /// The same as a number.
  public let standard: @Sendable (RatioBasis) -> Double

  /// A ratio of a method.
  public init(
    _ meaning: String, isHidden: Bool = false, in range: Range<Double> = 0..<1, unlessGiven standardText: String,
    _ standard: @escaping @Sendable (RatioBasis) -> Double
  ) {
    (self.meaning, self.isHidden, self.range) = (meaning, isHidden, range)
    (self.standardText, self.standard) = (standardText, standard)
  }

  /// The share of the input that is hidden.
  public static let hidden = MethodRatio(
    "hidden share", isHidden: true, unlessGiven: "0.5 for images, 0.15 for text"
  ) { $0.hidden }
}

/// From what a ratio follows that nobody gave.
public struct RatioBasis: Sendable {
  /// The share of such inputs that is hidden.
  public var hidden: Double
  /// The recipe's own stochastic depth.
  public var dropPath: Double

  /// What a modality, or a recipe of it, hides, and the stochastic depth that it has.
  public init(hidden: Double, dropPath: Double = 0) { (self.hidden, self.dropPath) = (hidden, dropPath) }

  /// What a recipe hides, and the stochastic depth that its model has.
  public init(_ recipe: MethodFields, dropPath: Double = 0) { self.init(hidden: recipe.ratio, dropPath: dropPath) }

  /// Half of an image's patches.
  public static let image = RatioBasis(hidden: 0.5)
  /// 15 % of a text's tokens.
  public static let text = RatioBasis(hidden: 0.15)
}
