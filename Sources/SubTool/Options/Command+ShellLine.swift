extension Command {
  /// The command as a shell takes it: its name, `words`, then its options.
  func shellLine(_ words: [String] = []) -> String {
    (["masksub", Self.name] + words + CommandForm(of: self).line).map(\.shellWord).joined(separator: " ")
  }
}
