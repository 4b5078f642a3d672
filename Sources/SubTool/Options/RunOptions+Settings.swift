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
    let quoted = line.map { $0.contains(" ") || $0.isEmpty ? "'\($0)'" : $0 }
    return "Go on with: masksub \(quoted.joined(separator: " ")) --resume"
  }
}

extension RunSummary {
  /// Takes over what the loop counted.
  mutating func finish(_ position: Checkpoint.Position, seconds: Double) {
    self.seconds = seconds
    samplesPerSecond = position.seconds > 0 ? Double(position.samples) / position.seconds : 0
    best = position.best.map { best in
      (best.step, best.metrics.keys.sorted().map { (name: $0, value: best.metrics[$0]!) })
    }
  }
}
