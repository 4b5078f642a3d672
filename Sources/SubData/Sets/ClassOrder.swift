/// In which order class folders are numbered. A model knows classes by number alone.
public enum ClassOrder: String, Sendable, CaseIterable {
  /// By code points: 1, 10, 11, 2, B, a. torchvision's.
  case plain
  /// Numbers as numbers, capitals as small letters: 1, 2, 10, 11, a, B. timm's.
  case natural

  /// Names in this order.
  public func sorted(_ names: [String]) -> [String] {
    let plain = names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    guard self == .natural else { return plain }
    let keys = Dictionary(plain.map { ($0, Self.parts($0)) }) { first, _ in first }
    return plain.enumerated().sorted { first, second in
      let (a, b) = (keys[first.element]!, keys[second.element]!)
      return a == b ? first.offset < second.offset : a.lexicographicallyPrecedes(b)
    }.map(\.element)
  }

  /// Text and numbers in turn, text first, as timm's natural key has them.
  private static func parts(_ name: String) -> [Part] {
    var parts = [Part.text([])]
    for scalar in name.lowercased().unicodeScalars {
      let digit = ("0"..."9").contains(scalar) ? scalar : nil
      switch (parts[parts.count - 1], digit) {
      case (.text(let text), nil): parts[parts.count - 1] = .text(text + [scalar])
      case (.text, .some(let digit)): parts.append(.number([digit]))
      case (.number(let digits), .some(let digit)): parts[parts.count - 1] = .number(digits + [digit])
      case (.number, nil): parts.append(.text([scalar]))
      }
    }
    return parts
  }

  private enum Part: Comparable {
    case text([Unicode.Scalar])
    case number([Unicode.Scalar])

    static func < (a: Part, b: Part) -> Bool {
      switch (a, b) {
      case (.text(let a), .text(let b)): return a.lexicographicallyPrecedes(b)
      case (.number(let a), .number(let b)):
        let (a, b) = (a.drop { $0 == "0" }, b.drop { $0 == "0" })
        return a.count == b.count ? a.lexicographicallyPrecedes(b) : a.count < b.count
      case (.number, .text): return true
      case (.text, .number): return false
      }
    }

    static func == (a: Part, b: Part) -> Bool { !(a < b) && !(b < a) }
  }
}
