import SubTrain

extension RunOptions {
  /// The `--set` options.
  var settingPairs: [(key: String, value: String)] { settings.map { ($0.key, $0.value) } }
}

extension ToolContext {
  /// The command line that goes on with an interrupted run.
  func resumeHint(_ run: RunFolder) -> String {
    var line = arguments.filter { $0 != "--resume" }
    if !line.contains(where: { $0 == "--output" || $0.hasPrefix("--output=") }) { line += ["--output", run.path] }
    return "Go on with: masksub \(line.map(Self.quoted).joined(separator: " ")) --resume"
  }

  /// A word as a shell takes it: quoted where it holds anything that a shell would change, braces for instance.
  private static func quoted(_ word: String) -> String {
    let plain = word.unicodeScalars.allSatisfy { scalar in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_", ".", "/", "=", ":", ",", "+", "@", "%": true
      default: scalar.value > 127
      }
    }
    return plain && !word.isEmpty ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
