extension String {
  /// The words in lines of at most `width` characters (a longer word has a line of its own), the second and later ones
  /// behind a margin.
  func wrapped(to width: Int, margin: Int) -> String {
    var (text, length) = ("", 0)
    for word in split(separator: " ") {
      if length > 0, length + word.count + 1 > width {
        text += "\n" + String(repeating: " ", count: margin)
        length = 0
      }
      text += length > 0 ? " \(word)" : "\(word)"
      length += word.count + (length > 0 ? 1 : 0)
    }
    return text
  }
}
