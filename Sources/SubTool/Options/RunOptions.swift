import SubCore
import SubData
import SubTrain

/// The run's folder and what is kept in it: the options of every command that trains.
struct RunOptions: OptionGroup {
  static let title = "Run"
  @Option("--seed", "fixes everything random") var seed = 0
  @Option("--output", value: "DIR", default: "runs/COMMAND-TIME", "the run's folder") var output: String?
  @Option("--keep", in: 1...1_000_000, "checkpoints to keep") var keep = 1
  @Option(
    "--max-memory", value: "GIB", in: 1...1 << 20, default: "what the machine gives", "memory that the run may take")
  var memory: Int?
  @Option(
    "--resume", value: "[RUN]",
    "continues a run from its newest checkpoint with the options in its config.json; without RUN the one in --output")
  var resume: OptionalWord?
  @Option(
    "--config", value: "FILE", "a run's config.json: repeats that run, except for what is given here")
  var config: String?
  @Flag("--keep-best", "keeps the checkpoint of the best evaluation too, as DIR/best") var keepsBest: Bool
  @Flag(
    "--analyze",
    "also logs the norm of the gradient of each branch's own loss, with weight 1 and over all weights, and the losses of "
      + "whole and masked inputs on the evaluation split")
  var analyze: Bool
}

/// An earlier run that a run goes on with or repeats.
struct BegunRun {
  /// Its `config.json`.
  let json: JSON
  let place: String
  /// Whether it is the same run.
  let goesOn: Bool
}

extension RunOptions: LineBasis {
  /// The run's folder: what is resumed, else `--output`.
  var folder: String? { resume?.text ?? output }

  /// The configuration of an earlier run that this one goes on with or repeats, with its place; nil: there is none.
  /// Throws a usage error for options that contradict each other.
  func begun(_ command: String) throws -> BegunRun? {
    func usage(_ what: String, _ place: String, _ cure: String) -> InputError {
      InputError(what, at: place, cure: cure, isUsage: true)
    }
    guard resume != nil || config != nil else { return nil }
    guard resume == nil || config == nil else {
      throw usage("--resume and --config exclude each other", "masksub \(command)", "give one of them")
    }
    if let path = resume?.text, let output, FileSystem.trimmed(output) != FileSystem.trimmed(path) {
      throw usage("a run goes on in its own folder", "--output \(output)", "leave it out")
    }
    guard resume == nil || folder != nil else {
      throw usage("--resume does not say which run", "masksub \(command)", "write --resume RUN")
    }
    let place = try config ?? folder.map { try RunFolder.existing($0).configurationPath } ?? ""
    let json = try JSON.read(place)
    guard let owner = json["command"]?.string, json["arguments"] != nil else {
      throw InputError("this is not the config.json of a run", at: place, cure: "name the one in a run's folder")
    }
    guard owner == command else {
      let verb = config == nil ? "resume" : "repeat"
      throw InputError("the run was made by masksub \(owner)", at: place, cure: "\(verb) it with that command")
    }
    return BegunRun(json: json, place: place, goesOn: resume != nil)
  }

  func earlier(for command: any Command.Type) throws -> EarlierLine? {
    try begun(command.name).flatMap { EarlierLine($0.json, at: $0.place) }
  }
}
