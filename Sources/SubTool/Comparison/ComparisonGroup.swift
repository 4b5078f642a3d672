import SubTrain

extension Comparison {
  /// Runs with different seeds of one method and configuration; there may be none yet.
  struct Group {
    /// The part of the comparison that it belongs to: what is judged by one reference. Empty where all are.
    var section = ""
    /// What it is called there.
    let label: String
    /// Whether the others of its section are judged by it.
    var isReference = false
    /// In the order of their seeds.
    let runs: [RunRecord]
    /// The metric that counts; nil: that of the whole comparison.
    var metric: String?
    /// The paper's number, and how many times the reference's training took there.
    var paper: PaperNumber?
    var paperCost: Double?
    /// What else the paper says of it, as it prints it.
    var paperOthers: [(name: String, text: String)] = []
    /// Where it lies on the comparison's axis, and on which curve.
    var place: (curve: String, x: Double)?

    /// Its name in the whole comparison.
    var name: String { section.isEmpty ? label : "\(section): \(label)" }
  }
}

/// A number as the paper prints it, with or without a standard deviation, "79.36±.01". Shares are printed as percentages there.
struct PaperNumber: Equatable, ExpressibleByStringLiteral {
  /// As our metrics are: shares.
  let value: Double
  let deviation: Double?
  private let decimals: Int

  init(stringLiteral text: String) {
    let parts = text.split(separator: "\u{b1}")
    let numbers = parts.compactMap { Double($0.hasPrefix(".") ? "0\($0)" : String($0)) }
    precondition(numbers.count == parts.count && (1...2).contains(parts.count), "PaperNumber: \(text)")
    value = numbers[0] / 100
    deviation = numbers.count > 1 ? numbers[1] / 100 : nil
    decimals = 2 + (parts[0].split(separator: ".").dropFirst().first?.count ?? 0)
  }

  /// In the unit of our metrics.
  var text: String {
    value.fixed(decimals) + (deviation.map { " \u{b1} \($0.fixed(decimals))" } ?? "")
  }

  /// How much more it is than another, with its sign.
  func text(above other: PaperNumber) -> String {
    let difference = value - other.value
    return (difference < 0 ? "" : "+") + difference.fixed(max(decimals, other.decimals))
  }
}
