public import SubData

/// The values that a recipe's field takes.
public enum Allowed: Sendable, Equatable {
  /// true or false.
  case truth
  /// A whole number.
  case whole(ClosedRange<Int>)
  /// A number.
  case number(NumberRange)
  /// One of these words.
  case choice([String])
  /// A text of the form that is described.
  case text(String)

  /// Whether a value is of the type and in the range.
  public func contains(_ value: JSON) -> Bool {
    switch self {
    case .truth: value.bool != nil
    case .whole(let range): value.int.map(range.contains) ?? false
    case .number(let range): value.double.map(range.contains) ?? false
    case .choice(let words): value.string.map(words.contains) ?? false
    case .text: value.string != nil
    }
  }

  /// A value as it is typed; nil where it is none of this type. It may still be out of range.
  public func value(of text: String) -> JSON? {
    switch self {
    case .truth: ["true": JSON.bool(true), "false": .bool(false)][text]
    // As scripts write it: 3.0 epochs.
    case .whole: (Int64(text) ?? Double(text).flatMap { Int64(exactly: $0) }).map { .integer($0) }
    case .number: Double(text).flatMap { $0.isFinite ? .number($0) : nil }
    case .choice(let words): .string(Spelling.meant(by: text, among: words) ?? text)
    case .text: .string(text)
    }
  }

  /// What there is to give: `1 to 4096`, `uniform, block`.
  public var description: String {
    switch self {
    case .truth: "true or false"
    case .whole(let range): range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
    case .number(let range): range.description
    case .choice(let words): words.joined(separator: ", ")
    case .text(let form): form
    }
  }

  /// The same where there is little room: a bound that nobody reaches is left out.
  public var brief: String {
    if case .whole(let range) = self, range.upperBound > 1 << 16 { return "\(range.lowerBound) or more" }
    return description
  }

  /// A sentence's end: "… is not `a whole number from 1 to 4096`".
  package var noun: String {
    switch self {
    case .truth: description
    case .whole(let range): range.count == 1 ? description : "a whole number from \(description)"
    case .number(let range):
      range.excludesLower
        ? "a number \(range.description)"
        : range.upper == .infinity ? "a number of \(range.description)" : "a number from \(range.description)"
    case .choice: "one of \(description)"
    case .text(let form): form
    }
  }
}

/// A range of numbers whose ends may lie outside of it.
public struct NumberRange: Sendable, Equatable {
  /// The ends.
  public let lower, upper: Double
  /// Whether an end is no longer allowed itself.
  public let excludesLower, excludesUpper: Bool

  /// From `lower` to `upper`.
  public init(
    _ lower: Double = 0, to upper: Double = .infinity, excludesLower: Bool = false, excludesUpper: Bool = false
  ) {
    (self.lower, self.upper, self.excludesLower, self.excludesUpper) = (lower, upper, excludesLower, excludesUpper)
  }

  /// 0 or more.
  public static let amount = NumberRange()
  /// Above 0.
  public static let positive = NumberRange(excludesLower: true)
  /// 0 to 1.
  public static let share = NumberRange(to: 1)
  /// 0 to below 1.
  public static let fraction = NumberRange(to: 1, excludesUpper: true)
  /// Above 0, at most 1.
  public static let factor = NumberRange(to: 1, excludesLower: true)

  /// Whether a number lies in it.
  public func contains(_ number: Double) -> Bool {
    (excludesLower ? number > lower : number >= lower) && (excludesUpper ? number < upper : number <= upper)
  }

  /// `0 to below 1`.
  public var description: String {
    let (least, most) = (JSON.shortest(lower).text(), JSON.shortest(upper).text())
    if upper == .infinity { return excludesLower ? "above \(least)" : "\(least) or more" }
    if excludesLower { return "above \(least), \(excludesUpper ? "below" : "at most") \(most)" }
    return "\(least) to \(excludesUpper ? "below " : "")\(most)"
  }
}

extension JSON {
  /// A number that prints without a fraction where it has none.
  static func shortest(_ number: Double) -> JSON {
    Int64(exactly: number).map { .integer($0) } ?? .number(number)
  }
}
