import SubCore
import SubTrain

extension RunOptions {
  /// What these options and those of the machine say of a run that `ranks` make together.
  func settings(
    on machine: MachineOptions, workers: Int? = nil, ranks: any Communicator
  ) throws -> RunSettings {
    let device = try machine.select(ranks)
    return RunSettings(
      seed: seed, device: device, precision: machine.precision, workers: workers, keep: keep,
      keepsBest: keepsBest, memory: memory.map { $0 << 30 }, analyze: analyze, ranks: try ranks.joining(device))
  }
}

extension ToolContext {
  /// Trains, and prints the metrics. An interruption behind which a checkpoint stands also says how to go on.
  func train<Subject>(
    _ run: TrainingRun<Subject>, _ options: RunOptions, afterwards: (RunFolder) throws -> Void = { _ in }
  ) throws {
    do {
      let (folder, summary) = try run.train(
        to: options.folder, resuming: options.resume != nil, line: line, reporter: Progress("train", on: console))
      if ranks.rank == 0 { try afterwards(folder) }
      for (name, value) in summary.metrics { try console.print("\(name) \(value.fixed(4))") }
      try console.print("run \(folder.path)")
    } catch let interruption as Interruption {
      guard let folder = interruption.run else { throw interruption }
      let hint = "Go on with: masksub \(run.command) --resume \(folder.shellWord)"
      throw Interruption(cure: "\(interruption.cure) \(hint)", run: folder)
    }
  }
}
