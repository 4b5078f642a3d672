internal import SubCore

/// Lists of files in WebDataset's notation.
public enum ShardList {
  /// Expands `{00000..00331}` (zeros kept), `{a,b}` (nesting allowed) and several sources joined by `::`, as bash does.
  ///
  /// Throws `InputError` for braces that do not close and for more than a million names.
  public static func expand(_ notation: String) throws -> [String] {
    var result: [String] = []
    for source in notation.split(separator: ":", omittingEmptySubsequences: false).joinedPairs() {
      result += try expand(Substring(source), whole: notation)
      guard result.count <= most else { throw tooMany(notation) }
    }
    return result
  }

  private static let most = 1_000_000

  private static func expand(_ text: Substring, whole: String) throws -> [String] {
    guard let open = text.firstIndex(of: "{") else { return [String(text)] }
    var depth = 0
    var pieces: [Substring] = []
    var start = text.index(after: open)
    var close: Substring.Index?
    for index in text[open...].indices {
      switch text[index] {
      case "{": depth += 1
      case "}":
        depth -= 1
        if depth == 0 { close = index }
      case "," where depth == 1:
        pieces.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
      if close != nil { break }
    }
    guard let close else {
      throw InputError("a brace is never closed", at: whole, cure: "write {00000..00331} or {a,b}", isUsage: true)
    }
    pieces.append(text[start..<close])
    let choices =
      try pieces.count == 1 ? range(pieces[0], whole: whole) : pieces.flatMap { try expand($0, whole: whole) }
    let rest = try expand(text[text.index(after: close)...], whole: whole)
    guard choices.count.multipliedReportingOverflow(by: rest.count).partialValue <= most, choices.count <= most,
      rest.count <= most
    else { throw tooMany(whole) }
    let front = text[..<open]
    return choices.flatMap { choice in rest.map { front + choice + $0 } }
  }

  /// `00..12` as its numbers; anything else stays in its braces.
  private static func range(_ text: Substring, whole: String) throws -> [String] {
    let ends = text.split(separator: ".", omittingEmptySubsequences: false)
    guard ends.count == 3, ends[1].isEmpty, let first = Int(ends[0]), let last = Int(ends[2]), first >= 0, last >= 0
    else {
      return try expand(text, whole: whole).map { "{\($0)}" }
    }
    guard abs(last - first) < most else { throw tooMany(whole) }
    let padded = [ends[0], ends[2]].contains { $0.count > 1 && $0.hasPrefix("0") }
    let width = padded ? max(ends[0].count, ends[2].count) : 0
    return stride(from: first, through: last, by: first <= last ? 1 : -1).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }

  private static func tooMany(_ notation: String) -> InputError {
    InputError("this names more than \(most) files", at: notation, cure: "name fewer", isUsage: true)
  }
}

extension [Substring] {
  /// The parts of a text split at every colon, put together again except at double colons.
  fileprivate func joinedPairs() -> [String] {
    var result = [String(first ?? "")]
    var index = 1
    while index < count {
      if self[index].isEmpty && index + 1 < count {
        result.append(String(self[index + 1]))
        index += 2
      } else {
        result[result.count - 1] += ":" + self[index]
        index += 1
      }
    }
    return result
  }
}
