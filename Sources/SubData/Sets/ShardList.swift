internal import SubCore

/// Lists of files in WebDataset's notation.
public enum ShardList {
  /// What the names of shards end in: tar archives, plain or packed by gzip.
  public static let endings = ["tar", "tar.gz", "tgz"]

  /// Whether a file is a shard by its name, in capitals or not.
  public static func isShard(_ name: String) -> Bool {
    let name = name.lowercased()
    return endings.contains { name.hasSuffix(".\($0)") }
  }

  /// The paths of the shards in a folder, in the order of their names; hidden files are none.
  public static func shards(in folder: String) throws -> [String] {
    try FileSystem.names(in: folder).filter { !$0.hasPrefix(".") && isShard($0) }.map { FileSystem.join(folder, $0) }
  }

  /// Expands `{00000..00331}` (zeros kept), `{a,b}` (nesting allowed) and several sources joined by `::`, as bash does.
  ///
  /// Throws `InputError` for braces that do not close, for more than 64 groups of them in a row or inside each other,
  /// and for more than a million names or 256 MiB of them.
  public static func expand(_ notation: String) throws -> [String] {
    var result: [String] = []
    for source in notation.split(separator: ":", omittingEmptySubsequences: false).joinedPairs() {
      result += try expand(Substring(source), level: 0, whole: notation)
      guard result.count <= most, bytes(result) <= mostBytes else { throw tooMany(notation) }
    }
    return result
  }

  private static let most = 1_000_000
  private static let mostBytes = 256 << 20
  private static let mostLevels = 64

  /// `level`: how many groups stand before or around the text.
  private static func expand(_ text: Substring, level: Int, whole: String) throws -> [String] {
    guard let open = text.firstIndex(of: "{") else { return [String(text)] }
    guard level < mostLevels else {
      throw InputError(
        "there are more than \(mostLevels) groups of braces", at: shortened(whole), cure: "name fewer", isUsage: true)
    }
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
      throw InputError(
        "a brace is never closed", at: shortened(whole), cure: "write {00000..00331} or {a,b}", isUsage: true)
    }
    pieces.append(text[start..<close])
    var choices: [String] = []
    for piece in pieces {
      choices +=
        pieces.count == 1
        ? try range(piece, level: level + 1, whole: whole) : try expand(piece, level: level + 1, whole: whole)
      guard choices.count <= most, bytes(choices) <= mostBytes else { throw tooMany(whole) }
    }
    let rest = try expand(text[text.index(after: close)...], level: level + 1, whole: whole)
    let front = text[..<open]
    // Neither factor is above its limit, so that none of this overflows.
    let size =
      front.utf8.count * choices.count * rest.count + bytes(choices) * rest.count + bytes(rest) * choices.count
    guard choices.count * rest.count <= most, size <= mostBytes else { throw tooMany(whole) }
    return choices.flatMap { choice in rest.map { front + choice + $0 } }
  }

  /// `00..12` as its numbers; anything else stays in its braces.
  private static func range(_ text: Substring, level: Int, whole: String) throws -> [String] {
    let ends = text.split(separator: ".", omittingEmptySubsequences: false)
    guard ends.count == 3, ends[1].isEmpty, let first = Int(ends[0]), let last = Int(ends[2]), first >= 0, last >= 0
    else {
      return try expand(text, level: level, whole: whole).map { "{\($0)}" }
    }
    let padded = [ends[0], ends[2]].contains { $0.count > 1 && $0.hasPrefix("0") }
    let width = padded ? max(ends[0].count, ends[2].count) : 0
    guard abs(last - first) < most, (abs(last - first) + 1) * max(width, 1) <= mostBytes else { throw tooMany(whole) }
    return stride(from: first, through: last, by: first <= last ? 1 : -1).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }

  private static func bytes(_ names: [String]) -> Int { names.reduce(0) { $0 + $1.utf8.count } }

  private static func tooMany(_ notation: String) -> InputError {
    InputError("this names more than \(most) files", at: shortened(notation), cure: "name fewer", isUsage: true)
  }

  /// The notation as an error can show it.
  private static func shortened(_ notation: String) -> String {
    notation.utf8.count <= 400 ? notation : notation.prefix(200) + "…"
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
