import SubTrain

/// How a run trains: the options of every command that trains.
struct MethodOptions: OptionGroup {
  static let title = "Method"
  @Option("--method", "the training method") var method = MethodName(MaskSub.self)
  @Option(
    "--ratio", in: 0...0.999, default: MethodName.standardRatios,
    "the share of the input that is hidden, or another method's dropout or stochastic depth")
  var ratio: Double?
  @Option("--sub-weight", in: 0...1, default: "0.5", "the sub-branch's share of the loss")
  var subWeight: Double?

  /// What was chosen.
  var choice: MethodChoice { MethodChoice(method.type, ratio: ratio, subWeight: subWeight) }
}

/// A method by its name.
struct MethodName: OptionValue {
  let type: any Method.Type

  init(_ type: any Method.Type) { self.type = type }

  static var placeholder: String { choices.joined(separator: "|") }
  static var expectation: String { "one of \(choices.joined(separator: ", "))" }
  static var choices: [String] { Methods.all.map { $0.name } }
  static func parse(_ text: String, after previous: MethodName?) -> MethodName? {
    (try? Methods.named(text)).map { MethodName($0) }
  }
  var defaultText: String? { type.name }

  /// What every method's ratio is unless given: those alike together.
  static var standardRatios: String {
    var groups: [(names: [String], text: String)] = []
    for type in Methods.all {
      guard let text = type.ratio?.standardText else { continue }
      if let same = groups.firstIndex(where: { $0.text == text }) {
        groups[same].names.append(type.name)
      } else {
        groups.append(([type.name], text))
      }
    }
    return groups.map { "\($0.names.joined(separator: " and ")) \($0.text)" }.joined(separator: "; ")
  }
}
