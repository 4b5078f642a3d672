extension String {
  /// The text with spaces behind it, or in front of it, up to a width.
  func padded(_ width: Int, left: Bool = false) -> String {
    let room = String(repeating: " ", count: max(0, width - count))
    return left ? room + self : self + room
  }

  /// The word as a shell takes it: quoted where it holds anything that a shell would change, braces for instance.
  var shellWord: String {
    let plain = unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", "=", ":", ",", "+", "@", "%": true
      default: scalar.value > 127
      }
    }
    return plain && !isEmpty ? self : "'" + escaping("'", by: "'\\''") + "'"
  }

  /// The text with another in the place of every such scalar, also of one with a combining mark behind it, which together
  /// are another character.
  func escaping(_ scalar: Unicode.Scalar, by text: String) -> String {
    unicodeScalars.reduce(into: "") { $0 += $1 == scalar ? text : String($1) }
  }
}
