import SubTrain

/// Names of methods, each once.
struct MethodList: OptionValue {
  let types: [any Method.Type]

  static var placeholder: String { "LIST" }
  static var expectation: String {
    "different methods joined by commas, of \(Methods.all.map { $0.name }.joined(separator: ", "))"
  }
  static func parse(_ text: String, after previous: MethodList?) -> MethodList? {
    let words = text.split(separator: ",").map { $0.filter { $0 != " " } }
    let types = words.compactMap { try? Methods.named(String($0)) }
    guard !types.isEmpty, types.count == words.count, Set(types.map { $0.name }).count == types.count else {
      return nil
    }
    return MethodList(types: types)
  }
  var defaultText: String? { types.map { $0.name }.joined(separator: ",") }
}
