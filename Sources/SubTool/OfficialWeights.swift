import SubCore
import SubData

/// The weights that scripts/fetch-weights gets, by their names.
struct OfficialWeights {
  private let addresses: [(name: String, address: String)]

  /// Those of the list beside the script; none where there is no list.
  init(_ home: ProjectHome) {
    let list = (try? home.file("scripts/weights.txt")).flatMap { try? LineFile.entries($0) } ?? []
    addresses = list.filter { !$0.text.hasPrefix("#") }.compactMap { line in
      let words = line.text.split(separator: " ").map(String.init)
      return words.count > 1 ? (words[0], words[1]) : nil
    }
  }

  /// The same error with where its missing file would come from, where that is weights of ours: `mae-vit-b`,
  /// `models/mae-vit-b.safetensors`.
  func explaining(_ error: InputError, of arguments: [String]) -> InputError {
    let isGiven = zip(arguments, arguments.dropFirst()).contains { $0 == ("--from", error.place) }
    guard isGiven || arguments.contains("--from=\(error.place)"), FileSystem.kind(error.place) == .absent else {
      return error
    }
    let file = error.place.split(separator: "/").last.map(String.init) ?? error.place
    let stem = file.split(separator: ".").first.map(String.init) ?? file
    if let (name, address) = addresses.first(where: { $0.name == stem }) {
      return InputError(
        error.what, at: error.place,
        cure: "scripts/fetch-weights \(name) gets it from \(address) and prints where it then is",
        isUsage: error.isUsage)
    }
    guard let near = Suggestion.nearest(to: stem, in: addresses.map(\.name)) else { return error }
    return InputError(
      error.what, at: error.place,
      cure: "check the path; official weights of a similar name: scripts/fetch-weights \(near)", isUsage: error.isUsage)
  }
}
