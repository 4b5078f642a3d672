import SubCore
import SubData

/// The methods there are. Whatever lists or finds methods takes such a list: a program's own are added to it.
public enum Methods {
  /// Every method of this package, in the order in which they are shown. A new method is a file and a line here.
  public static let all: [any Method.Type] = [
    Baseline.self,
    MaskSub.self,
    MaskingAlone.self,
    DropSub.self,
    PathSub.self,
    CoSub.self,
    MaskSubByLabels.self,
    GradAugDepth.self,
  ]

  /// The method of a name. Throws a usage error that lists the names there are.
  public static func named(_ name: String, among methods: [any Method.Type] = all) throws -> any Method.Type {
    let names = methods.map { $0.name }
    if let meant = Spelling.meant(by: name, among: names), let type = methods.first(where: { $0.name == meant }) {
      return type
    }
    throw InputError(
      "there is no method '\(name)'", at: "--method",
      cure: Suggestion.cure(for: name, in: names, else: "use one of \(names.joined(separator: ", "))"), isUsage: true)
  }
}
