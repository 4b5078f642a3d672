public import SubCore
import SubData
public import SubNN

/// Parameters that stay as they are loaded: no gradient, no state of an optimizer, no decay. What lies below the first one
/// that is trained is not even recorded.
public struct Freezing: Sendable, Equatable {
  /// Names with `*` for anything and `?` for a character; the name of a module stands for all that is in it.
  public let patterns: [String]

  /// What these patterns match.
  public init(_ patterns: [String] = []) { self.patterns = patterns }

  /// Freezes what matches by the model's own names or by one of its files' (`names`: the parts of which a tensor is put
  /// together there). To be called before the model gets memory.
  ///
  /// - Parameter option: what the patterns were given by.
  /// - Returns: what is trained, in a line; nil where nothing was to be frozen.
  /// - Throws: a usage error for a pattern that matches nothing, or a part of a tensor alone, and where nothing is left.
  @discardableResult
  public func apply(
    to model: Module, option: String = "--freeze", names: (_ own: String) -> [[String]] = { _ in [] }
  ) throws -> String? {
    guard !patterns.isEmpty else { return nil }
    var unused = Set(patterns)
    let parameters = Self.unique(model.namedParameters())
    for (own, parameter) in parameters {
      let all = [[own]] + names(own)
      unused.subtract(patterns.filter { pattern in all.joined().contains { Self.matches($0, pattern) } })
      let matched = all.map { parts in parts.map { name in patterns.contains { Self.matches(name, $0) } } }
      if matched.contains(where: { !$0.contains(false) }) {
        if !parameter.isFrozen { parameter.isFrozen = true }
      } else if let index = matched.firstIndex(where: { $0.contains(true) }) {
        throw InputError(
          "\(all[index].joined(separator: ", ")) are one tensor here, of which a part cannot be frozen", at: option,
          cure: "freeze them all, or none", isUsage: true)
      }
    }
    if let pattern = patterns.first(where: unused.contains) {
      let known = parameters.flatMap { ([[$0.name]] + names($0.name)).joined() }
      // Modules too: every start of a name that ends in front of a dot.
      let starts = known.flatMap { name in name.indices.filter { name[$0] == "." }.map { String(name[..<$0]) } }
      let nearest = Suggestion.nearest(to: pattern, in: starts + known) ?? known.first ?? ""
      throw InputError(
        "no parameter is called '\(pattern)'", at: option,
        cure: "give a name like '\(nearest)', with * for anything (masksub inspect lists those of a file)",
        isUsage: true)
    }
    let (trained, whole) = (parameters.filter { !$0.parameter.isFrozen }, parameters)
    guard !trained.isEmpty else {
      throw InputError("nothing is left to train", at: option, cure: "freeze less", isUsage: true)
    }
    let count = { (some: [(name: String, parameter: Parameter)]) in some.reduce(0) { $0 + $1.parameter.shape.count } }
    let statistics =
      model.namedBuffers().isEmpty ? "" : "; running statistics of norms move all the same, as in PyTorch"
    return "frozen: \(whole.count - trained.count) of \(whole.count) tensors; \(count(trained)) of \(count(whole)) "
      + "weights are trained\(statistics)"
  }

  /// Throws where something that is frozen starts anew: it would stay as chance made it.
  public static func check(_ set: ParameterSet, made: [String], by names: WeightNames, at option: String = "--freeze")
    throws
  {
    let made = Set(made)
    for parameter in set.parameters where parameter.isFrozen {
      if let name = names.names(of: parameter.name).first(where: made.contains) {
        throw InputError(
          "\(name) is frozen, but starts anew: the weights do not have it, or in another shape", at: option,
          cure: "freeze what the weights have", isUsage: true)
      }
    }
  }

  /// Each parameter once, by its first name.
  private static func unique(_ named: [(name: String, parameter: Parameter)]) -> [(name: String, parameter: Parameter)]
  {
    var seen: Set<ObjectIdentifier> = []
    return named.filter { seen.insert(ObjectIdentifier($0.parameter)).inserted }
  }

  /// Whether a name, or the module in which it lies, is of a pattern.
  static func matches(_ name: String, _ pattern: String) -> Bool {
    let (name, pattern) = (Array(name.unicodeScalars), Array(pattern.unicodeScalars))
    // The first place behind the last star, and what of the name that star has taken.
    var (place, index, star, taken) = (0, 0, -1, 0)
    while index < name.count {
      if place == pattern.count, name[index] == "." { return true }
      if place < pattern.count, pattern[place] == "*" {
        (star, taken) = (place, index)
        place += 1
      } else if place < pattern.count, pattern[place] == name[index] || pattern[place] == "?" {
        place += 1
        index += 1
      } else if star >= 0 {
        taken += 1
        (place, index) = (star + 1, taken)
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
