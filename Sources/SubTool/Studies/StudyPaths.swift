import SubCore
import SubData

/// Where the inputs of a study are, as `--data` and `--from` say.
struct StudyPaths {
  /// Paths by the names of inputs.
  let paths: [String: String]

  /// Takes `NAME=PATH`, or a path alone, which is that of the first input that has none. Throws a usage error for a path
  /// too many and for the name of no input.
  init(data: [String], from: [String], for inputs: [StudyInput]) throws {
    var paths: [String: String] = [:]
    for (option, texts) in [("--data", data), ("--from", from)] {
      let own = inputs.filter { $0.option == option }
      let named = texts.map { text in
        (own.first { text.hasPrefix("\($0.name)=") && text.count > $0.name.count + 1 }, text)
      }
      for case (let input?, let text) in named { paths[input.name] = String(text.dropFirst(input.name.count + 1)) }
      for case (nil, let text) in named {
        if let name = Self.name(text), FileSystem.kind(text) == .absent {
          throw InputError(
            "the study has no input '\(name)'", at: "\(option) \(text)",
            cure: own.isEmpty ? "leave it out" : "it takes \(own.map { "\($0.name)=PATH" }.joined(separator: " and "))",
            isUsage: true)
        }
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

  /// Throws where nothing is at one of the paths.
  func check() throws {
    for (name, path) in paths.sorted(by: { $0.key < $1.key }) where !Self.isPattern(path) {
      guard FileSystem.kind(path) == .absent else { continue }
      throw InputError("there is no such file or folder for the study's \(name)", at: path, cure: "check the path")
    }
  }

  /// What stands before the first equals sign, if it may be the name of an input.
  private static func name(_ text: String) -> Substring? {
    guard let end = text.firstIndex(of: "="), end > text.startIndex else { return nil }
    let name = text[..<end]
    return name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" } ? name : nil
  }

  /// Whether a path is of several files: `a.tar::b.tar`, `{0..9}.tar`.
  private static func isPattern(_ path: String) -> Bool {
    path.contains("::") || path.contains { "{*?[".contains($0) }
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
