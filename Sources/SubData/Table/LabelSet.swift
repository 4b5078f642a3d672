import SubCore

/// What the labels of samples are: names of classes, or numbers.
public struct LabelSet: Sendable, Equatable {
  /// What is to be learned.
  public enum Problem: String, Sendable, CaseIterable {
    case classification, regression
  }

  /// The classes in the order of their numbers; empty where labels are numbers.
  public let names: [String]
  /// What was guessed of the labels, with the option that settles it; nil where nothing was.
  public let remark: String?
  private let places: [String: Int]
  /// Where all names are numbers, the classes by what `numeral` makes of these.
  private let numerals: [String: Int]

  /// Whether labels are numbers.
  public var isRegression: Bool { names.isEmpty }

  /// Classes that are known, or none: numbers.
  public init(names: [String]) {
    self.init(names, remark: nil)
  }

  private init(_ names: [String], remark: String?) {
    (self.names, self.remark) = (names, remark)
    places = Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
    numerals =
      names.allSatisfy(Self.isNumber)
      ? Dictionary(names.enumerated().map { (Self.numeral($1), $0) }) { first, _ in first } : [:]
  }

  /// Whether a label is a number, white space around it or not.
  private static func isNumber(_ text: String) -> Bool { Double(text.trimmed)?.isFinite == true }

  /// A number as text without white space, a whole one without zeros in front.
  private static func numeral(_ text: String) -> String { Int(text.trimmed).map { "\($0)" } ?? text.trimmed }

  /// The labels that a column holds. Unless told otherwise they are classes, in the order of whole numbers or of code
  /// points, as run_glue has them; numbers, some of which have a point, are a regression. White space around numbers is no
  /// part of them, and where all are whole, 1 and 01 are one class, as in pandas.
  ///
  /// Throws an `InputError` where there is but one class, or nearly as many as samples.
  public init(of texts: [String], _ problem: Problem? = nil, at place: String) throws {
    var all = Set(texts)
    let areNumbers = all.allSatisfy(Self.isNumber)
    if areNumbers { all = Set(all.map(\.trimmed)) }
    let areWhole = areNumbers && all.allSatisfy { Int($0) != nil }
    if areWhole {
      // Of several ways to write a number the shortest.
      all = Set(Dictionary(all.map { (Int($0)!, $0) }) { ($0.count, $0) < ($1.count, $1) ? $0 : $1 }.values)
    }
    let values = all.map { Double($0.trimmed) }
    // One 'NA' in a column of scores makes classes of them all.
    let words = zip(all, values).filter { $1?.isFinite != true }.map(\.0).sorted()
    let stray: String? =
      switch words.count {
      case _ where problem != nil || 2 * words.count >= all.count: nil
      case 0: nil
      case 1: "the label '\(words[0])' is no number"
      case let count: "\(count) of the labels are no numbers, '\(words[0])' for one"
      }
    guard problem ?? (areNumbers && !areWhole ? .regression : .classification) == .classification else {
      let known = values.compactMap(\.self)
      self.init(
        [],
        remark: problem == nil
          ? "the labels are numbers from \(known.min() ?? 0) to \(known.max() ?? 0): a regression (--problem "
            + "classification takes them as names)" : nil)
      return
    }
    guard all.count > 1 else {
      throw InputError(
        "the data have only one class, '\(all.first ?? "")'", at: place,
        cure: "name the column of the labels with --label")
    }
    guard all.count <= 1000 || 2 * all.count <= texts.count else {
      throw InputError(
        "\(texts.count) samples have \(all.count) different labels" + (stray.map { ", and \($0)" } ?? ""), at: place,
        cure: stray == nil
          ? "name the column of the labels with --label"
          : "leave such rows out, and say --problem regression")
    }
    let names = areWhole ? all.sorted { Int($0)! < Int($1)! } : ClassOrder.plain.sorted(Array(all))
    self.init(
      names,
      remark: areWhole && problem == nil
        ? "the labels are whole numbers: \(names.count) classes (--problem regression takes them as numbers)"
        : stray.map { "\($0): \(names.count) classes (--problem regression takes numbers, and no other rows)" })
  }

  /// A label as a class number or as the number that it is. Throws where it is none.
  public func value(of text: String, at place: @autoclosure () -> String) throws -> Float {
    if isRegression {
      guard let number = Float(text.trimmed), number.isFinite else {
        throw InputError("the label '\(text)' is no number", at: place(), cure: "correct it, or leave the row out")
      }
      return number
    }
    guard let number = places[text] ?? numerals[Self.numeral(text)] else {
      let nearest = Suggestion.nearest(to: text, in: names).map { "; the nearest is '\($0)'" } ?? ""
      throw InputError(
        "the label '\(text)' is none of the \(names.count) known ones\(nearest)", at: place(),
        cure: "correct it, or leave the row out")
    }
    return Float(number)
  }
}
