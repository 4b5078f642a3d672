import SubCore
import SubData

/// The paper's tables and figures as studies.
enum Studies {
  /// Every study, figures first, in the order of the paper. A new one is a line here.
  static let all: [Study] = [
    figure2, table1, table2, table3, table4, table5, table6, table7, table8, table9, table11, table12, table13, tableA4,
    tableA5, tableA6, tableA7, tableA8, tableA10,
  ]

  /// The tables that cannot be run here, and why.
  static let absent: [(name: String, why: String)] = [
    ("table-10", "segmentation takes UperNet's head, which is not in this project"),
    ("table-a2", "segmentation takes UperNet's head, which is not in this project"),
    ("table-a3", "detection takes Cascade Mask R-CNN, which is not in this project"),
  ]

  /// The study of a name as people write it: `table-a7`, `A.7`, `a7`, `T9`, `table 9`, `fig 2`. Throws a usage error with
  /// the nearest one.
  static func named(_ text: String) throws -> Study {
    let wanted = folded(text)
    if let study = all.first(where: { ([$0.name] + $0.aliases).map(folded).contains(wanted) }) { return study }
    if let missing = absent.first(where: { folded($0.name) == wanted }) {
      throw InputError(
        "\(missing.name) cannot be run: \(missing.why)", at: "masksub reproduce", cure: "choose another study",
        isUsage: true)
    }
    let names = all.flatMap { [$0.name] + $0.aliases }
    let near = Suggestion.nearest(to: text, in: names) ?? Suggestion.nearest(to: wanted, in: names.map(folded))
    let nearest = near.flatMap { near in names.first { folded($0) == folded(near) } }
    throw InputError(
      "there is no study '\(text)'", at: "masksub reproduce",
      cure: Suggestion.cure(nearest, else: "masksub reproduce alone lists them"), isUsage: true)
  }

  /// A name without what is written now and then: "ta7" of `table-a7`, `A.7` and `Table A7`; "f2" of `figure-2`.
  private static func folded(_ text: String) -> String {
    var name = text.lowercased().filter { $0.isLetter || $0.isNumber }[...]
    for (word, letter) in [("table", "t"), ("tab", "t"), ("figure", "f"), ("fig", "f")] where name.hasPrefix(word) {
      name = (letter + name.dropFirst(word.count))[...]
    }
    return name.first.map { "tf".contains($0) } ?? true ? String(name) : "t\(name)"
  }
}
