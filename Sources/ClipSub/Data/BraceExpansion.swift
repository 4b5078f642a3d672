import SubCore

/// Shard names written short, as a shell expands them: `{00000..00331}` with its zeros, `{a,b}`, nested and repeated.
enum BraceExpansion {
  private static let mostNames = 1_000_000

  /// All names that a pattern stands for, in order; a pattern without braces stands for itself.
  static func names(_ pattern: String) throws -> [String] {
    let names = try expand(Array(pattern), pattern)
    return names.map { String($0) }
  }

  private static func expand(_ text: [Character], _ pattern: String) throws -> [[Character]] {
    var search = 0
    while let open = text[search...].firstIndex(of: "{") {
      guard let close = closing(text, open) else { break }
      guard let choices = try alternatives(Array(text[(open + 1)..<close]), pattern) else {
        // Braces that hold neither a range nor a comma stand for themselves.
        search = open + 1
        continue
      }
      let rests = try expand(Array(text[(close + 1)...]), pattern)
      guard choices.count * rests.count <= mostNames else { throw tooMany(pattern) }
      let head = text[..<open]
      return choices.flatMap { choice in rests.map { head + choice + $0 } }
    }
    return [text]
  }

  private static func closing(_ text: [Character], _ open: Int) -> Int? {
    var depth = 0
    for index in open..<text.count {
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return nil
  }

  private static func alternatives(_ inside: [Character], _ pattern: String) throws -> [[Character]]? {
    var parts: [[Character]] = [[]]
    var depth = 0
    for character in inside {
      if character == "{" { depth += 1 }
      if character == "}" { depth -= 1 }
      if character == ",", depth == 0 { parts.append([]) } else { parts[parts.count - 1].append(character) }
    }
    if parts.count > 1 {
      var all: [[Character]] = []
      for part in parts {
        all += try expand(part, pattern)
        if all.count > mostNames { throw tooMany(pattern) }
      }
      return all
    }
    return try range(String(inside), pattern)
  }

  private static func range(_ inside: String, _ pattern: String) throws -> [[Character]]? {
    let ends = inside.split(separator: "..", omittingEmptySubsequences: false)
    guard ends.count == 2 || ends.count == 3, let first = Int(ends[0]), let last = Int(ends[1]) else { return nil }
    guard let step = ends.count == 3 ? Int(ends[2]) : 1 else { return nil }
    let stride = Int(clamping: max(step.magnitude, 1))
    guard last.subtractingReportingOverflow(first).partialValue.magnitude / stride.magnitude < mostNames,
      !last.subtractingReportingOverflow(first).overflow
    else { throw tooMany(pattern) }
    let isPadded = ends[..<2].contains { digits($0).count > 1 && digits($0).hasPrefix("0") }
    let width = isPadded ? max(ends[0].count, ends[1].count) : 0
    return Swift.stride(from: first, through: last, by: first <= last ? stride : -stride).map { number in
      let magnitude = String(number.magnitude)
      let sign = number < 0 ? "-" : ""
      let zeros = String(repeating: "0", count: max(0, width - magnitude.count - sign.count))
      return Array(sign + zeros + magnitude)
    }
  }

  private static func digits(_ number: Substring) -> Substring {
    number.hasPrefix("-") || number.hasPrefix("+") ? number.dropFirst() : number
  }

  private static func tooMany(_ pattern: String) -> InputError {
    InputError(
      "the pattern stands for more than \(mostNames) shards", at: pattern, cure: "check the numbers between the braces")
  }
}
