import SubCore

/// Sizes by which a new network is another than the one that a recipe names; what is empty or 0 is as in that.
public struct ModelSizes: Sendable, Equatable {
  /// Features, blocks and attention heads: a number, or one for each stage.
  public var width: [Int] = [], depth: [Int] = [], heads: [Int] = []
  /// Features inside an MLP, and the side of a patch in pixels.
  public var hidden = 0, patch = 0

  /// Nothing is another.
  public init() {}

  /// Whether nothing is.
  public var isEmpty: Bool { self == ModelSizes() }

  /// Throws for a size that a family has not, by the keys of a recipe: `known` are those that it has, each with how many
  /// numbers it takes.
  func check(_ family: String, _ known: [String: ClosedRange<Int>]) throws(InputError) {
    let given = [
      ("width", width), ("depth", depth), ("heads", heads), ("hidden", hidden == 0 ? [] : [hidden]),
      ("patch", patch == 0 ? [] : [patch]),
    ]
    for (key, numbers) in given where !numbers.isEmpty {
      guard let counts = known[key] else {
        throw InputError(
          "a \(family) has no model.\(key)", at: "--set model.\(key)",
          cure: "leave it out; it has \(known.keys.sorted().map { "model.\($0)" }.joined(separator: ", "))",
          isUsage: true)
      }
      guard counts.contains(numbers.count) else {
        let wanted =
          counts.count == 1
          ? counts.lowerBound == 1 ? "one number" : "\(counts.lowerBound) numbers"
          : "\(counts.lowerBound) to \(counts.upperBound) numbers"
        throw InputError(
          "\(numbers.count) numbers, where a \(family) takes \(wanted)", at: "--set model.\(key)",
          cure: "give \(wanted)" + (counts.upperBound > 1 ? ", one for each stage, as 2-2-6-2" : ""), isUsage: true)
      }
    }
  }
}

extension VisionModelFields {
  /// What a list of sizes may be, for the table.
  static let listForm = "a number, or one for each stage joined by -, 2-2-6-2; 0: as the model has it"

  /// The same where a value is none.
  static let listNoun = "a number, or numbers joined by -"

  /// Its numbers; nil where it is none.
  static func list(_ text: String) -> [Int]? {
    if text == "0" { return [] }
    let numbers = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard !numbers.contains(where: { !(1...1 << 16).contains($0 ?? 0) }), numbers.count <= 8 else { return nil }
    return numbers.compactMap(\.self)
  }

  /// The sizes that the fields give.
  var sizes: ModelSizes {
    var sizes = ModelSizes()
    (sizes.width, sizes.depth, sizes.heads) = (
      Self.list(width) ?? [], Self.list(depth) ?? [], Self.list(heads) ?? []
    )
    (sizes.hidden, sizes.patch) = (hidden, patch)
    return sizes
  }
}
