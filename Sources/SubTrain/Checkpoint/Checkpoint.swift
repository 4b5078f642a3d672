import SubCore
public import SubData
public import SubNN

/// A folder `checkpoints/STEP/`: the weights as the source names them, everything else the run needs to go on, and where
/// it stood. Written beside, synced, renamed.
public struct Checkpoint {
  /// Where a run stood.
  public struct Position: Sendable, Equatable {
    /// Updates done, and batches taken.
    public var step = 0
    public var batches = 0
    /// Bytes of the log.
    public var logged = 0
    /// Whether the evaluation after this step was interrupted and is still to come.
    public var owesEvaluation = false
    /// How long the run has taken so far, evaluations and all sessions included, in seconds.
    public var elapsed = 0.0
    /// Seconds of training so far, and samples seen in them.
    public var seconds = 0.0
    public var samples = 0
    /// The best evaluation so far.
    public var best: Best?
    /// The data's own state.
    public var source = JSON.null

    /// The metric, its value and the step at which it was reached.
    public struct Best: Sendable, Equatable {
      /// Updates done when it was reached.
      public var step: Int
      /// All metrics of that evaluation.
      public var metrics: [String: Double]
      /// The metric that decides.
      public var value: Double
    }

    /// The start.
    public init() {}
  }

  /// The folder.
  public let path: String

  /// The newest checkpoint of a run; nil where there is none.
  public static func newest(of run: RunFolder) throws -> Checkpoint? {
    try steps(of: run).last.map { Checkpoint(path: FileSystem.join(run.checkpointsPath, String($0))) }
  }

  /// What a path to a model means: a run stands for its newest checkpoint, everything else for itself.
  public static func path(of model: String) throws -> String {
    guard FileSystem.kind(model) == .folder, let run = try? RunFolder.existing(model) else { return model }
    guard let newest = try newest(of: run) else {
      throw InputError("the run has no checkpoint yet", at: model, cure: "let it reach its first one, or name another")
    }
    return newest.path
  }

  /// Writes a checkpoint of a run and removes all but the newest `keep`. `published`: how the parts name the model's
  /// tensors.
  public static func write(
    _ position: Position, of run: RunFolder, keep: Int, parts: [(name: String, part: any Checkpointed)],
    _ published: Naming, model: (_ folder: String) throws -> Void
  ) throws {
    try AtomicFolder.write(to: FileSystem.join(run.checkpointsPath, String(position.step))) { folder in
      try model(folder)
      for (name, part) in parts {
        try StateFile(name, in: folder, published).write(part.state())
      }
      try AtomicFile.write(position.json.text(indent: 2) + "\n", to: FileSystem.join(folder, "state.json"))
    }
    for old in try steps(of: run).dropLast(keep) {
      FileSystem.remove(FileSystem.join(run.checkpointsPath, String(old)))
    }
    // What processes that were killed while writing left behind.
    for name in try FileSystem.names(in: run.checkpointsPath) where name.contains(".tmp-") || name.contains(".old-") {
      FileSystem.remove(FileSystem.join(run.checkpointsPath, name))
    }
  }

  /// Puts the parts back and says where the run stood.
  public func restore(_ parts: [(name: String, part: any Checkpointed)], _ published: Naming) throws -> Position {
    for (name, part) in parts { try StateFile(name, in: path, published).restore(part) }
    let place = FileSystem.join(path, "state.json")
    return try Position(JSON.read(place), place: place)
  }

  private static func steps(of run: RunFolder) throws -> [Int] {
    guard FileSystem.kind(run.checkpointsPath) == .folder else { return [] }
    return try FileSystem.names(in: run.checkpointsPath).compactMap { Int($0) }.sorted()
  }
}

extension Checkpoint.Position {
  var json: JSON {
    var object: JSON.Object = [
      "step": .integer(Int64(step)), "batches": .integer(Int64(batches)), "logged": .integer(Int64(logged)),
      "owes_evaluation": .bool(owesEvaluation), "elapsed": .number(elapsed), "seconds": .number(seconds),
      "samples": .integer(Int64(samples)), "source": source,
    ]
    if let best {
      var metrics = JSON.Object()
      for name in best.metrics.keys.sorted() { metrics[name] = .number(best.metrics[name]!) }
      object["best"] = ["step": .integer(Int64(best.step)), "value": .number(best.value), "metrics": .object(metrics)]
    }
    return .object(object)
  }

  init(_ json: JSON, place: String) throws {
    func number(_ key: String) throws -> Int {
      guard let value = json[key]?.int, value >= 0 else {
        throw InputError("'\(key)' is missing or no count", at: place, cure: "resume from an undamaged checkpoint")
      }
      return value
    }
    self.init()
    (step, batches, logged) = (try number("step"), try number("batches"), try number("logged"))
    (samples, seconds) = (try number("samples"), json["seconds"]?.double ?? 0)
    (owesEvaluation, elapsed) = (json["owes_evaluation"]?.bool ?? false, json["elapsed"]?.double ?? seconds)
    source = json["source"] ?? .null
    if let best = json["best"], let at = best["step"]?.int, let value = best["value"]?.double {
      var metrics: [String: Double] = [:]
      for member in best["metrics"]?.object?.members ?? [] { metrics[member.key] = member.value.double }
      self.best = Best(step: at, metrics: metrics, value: value)
    }
  }
}
