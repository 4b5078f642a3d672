import SubTrain

extension RunOptions {
  /// The `--set` options.
  var settingPairs: [(key: String, value: String)] { settings.map { ($0.key, $0.value) } }
}

extension ToolContext {
  /// Runs the loop of a run; an interruption behind which a checkpoint stands also says how to go on.
  func resumable<Result>(_ run: RunFolder, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let interruption as Interruption where !interruption.cure.isEmpty {
      throw Interruption(cure: "\(interruption.cure) \(resumeHint(run))")
    }
  }

  /// The command line that goes on with an interrupted run.
  private func resumeHint(_ run: RunFolder) -> String {
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
