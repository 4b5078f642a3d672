extension String {
  /// One line that only shows characters: whatever a file's name or a value holds, no escape sequence, line end or change
  /// of the writing's direction reaches a terminal.
  var oneLine: String {
    // Most lines hold nothing of the kind.
    guard unicodeScalars.contains(where: Self.steers) else { return self }
    return String(String.UnicodeScalarView(unicodeScalars.map { Self.steers($0) ? "\u{fffd}" : $0 }))
  }

  private static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}
