import SubCore

/// Where the inputs of a study are, as `--data` and `--from` say.
struct StudyPaths {
  /// Paths by the names of inputs.
  let paths: [String: String]

  /// Takes `NAME=PATH`, or a path alone, which is that of the first input that has none. Throws a usage error for a path
  /// too many.
  init(data: [String], from: [String], for inputs: [StudyInput]) throws {
    var paths: [String: String] = [:]
    for (option, texts) in [("--data", data), ("--from", from)] {
      let own = inputs.filter { $0.option == option }
      let named = texts.map { text in
        (own.first { text.hasPrefix("\($0.name)=") && text.count > $0.name.count + 1 }, text)
      }
      for case (let input?, let text) in named { paths[input.name] = String(text.dropFirst(input.name.count + 1)) }
      for case (nil, let text) in named {
        guard let input = own.first(where: { paths[$0.name] == nil }) else {
          let names = own.map(\.name).joined(separator: ", ")
          throw InputError(
            own.isEmpty ? "the study takes none" : "the study has no other input than \(names)",
            at: "\(option) \(text)",
            cure: own.isEmpty ? "leave it out" : "give each once, \(option) NAME=PATH", isUsage: true)
        }
        paths[input.name] = text
      }
    }
    self.paths = paths
  }
}

extension StudyInput {
  /// Throws a usage error where a study misses some.
  static func refuse(_ missing: [StudyInput], of study: String) throws {
    guard let first = missing.first else { return }
    throw InputError(
      "\(study) takes \(missing.map { "\($0.name): \($0.meaning)" }.joined(separator: "; "))", at: "masksub reproduce",
      cure: "add \(first.option) \(first.name)=PATH" + (missing.count > 1 ? ", and the others likewise" : ""),
      isUsage: true)
  }
}
