import SubCore
import SubTrain

extension RunOptions {
  /// The `--set` options.
  var settingPairs: [(key: String, value: String)] { settings.map { ($0.key, $0.value) } }

  /// Whether `--set` names a field of a recipe.
  func sets<Kind: Recipe>(_ key: String, of recipe: Kind) -> Bool {
    settings.contains { (try? Kind.table.row($0.key).key) == key }
  }

  /// Whether it says how long a run is.
  func setsLength<Kind: Recipe>(of recipe: Kind) -> Bool {
    sets("loop.max_steps", of: recipe) || sets("schedule.epochs", of: recipe)
  }

  /// What these options and those of the machine say of a run.
  func settings(on machine: MachineOptions, workers: Int? = nil) throws -> RunSettings {
    RunSettings(
      seed: machine.seed, device: machine.select(), precision: machine.precision, workers: workers, keep: keep,
      memory: memory.map { $0 << 30 }, analyze: analyze)
  }
}

extension ToolContext {
  /// Trains, and prints the metrics. An interruption behind which a checkpoint stands also says how to go on.
  func train<Subject>(
    _ run: TrainingRun<Subject>, _ options: RunOptions, afterwards: (RunFolder) throws -> Void = { _ in }
  ) throws {
    do {
      let (folder, summary) = try run.train(
        to: options.output, resuming: options.resume, arguments: arguments, reporter: Progress("train", on: console))
      try afterwards(folder)
      for (name, value) in summary.metrics { try console.print("\(name) \(value.fixed(4))") }
      try console.print("run \(folder.path)")
    } catch let interruption as Interruption {
      guard let run = interruption.run else { throw interruption }
      throw Interruption(cure: "\(interruption.cure) \(resumeHint(run))", run: run)
    }
  }

  /// The command line that goes on with an interrupted run.
  private func resumeHint(_ run: String) -> String {
    var line = arguments.filter { $0 != "--resume" }
    if !line.contains(where: { $0 == "--output" || $0.hasPrefix("--output=") }) { line += ["--output", run] }
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
