import SubCore
public import SubData
public import SubNN

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A folder `checkpoints/STEP/`: the weights as the source names them, everything else the run needs to go on, where it
/// stood, and a manifest. Written beside, synced, renamed.
public struct Checkpoint: Sendable {
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
    /// The best evaluation so far; nil where none had a number to tell it by.
    public var best: Best?
    /// Evaluations since then, or all of them.
    public var sinceBest = 0
    /// The data's own state.
    public var source = JSON.null
    /// The losses behind the last line of the log.
    var sums = LossSums.Values()

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
  /// The average of its weights, where the run keeps one.
  public var averagePath: String? {
    let path = FileSystem.join(path, "ema.safetensors")
    return FileSystem.kind(path) == .file ? path : nil
  }
  /// Whether `--weights` names a set of weights of a checkpoint that keeps an average, `model` or `ema`, rather than a key of
  /// a file.
  public func isOwnKey(_ key: String) -> Bool { averagePath != nil && ["model", "ema"].contains(key) }
  /// Keeps the run from removing the checkpoint as long as this value is in use.
  private let lock: FileLock?

  /// The newest checkpoint of a run that is whole; nil where there is none at all. What is wrong with newer ones is told to
  /// `note`, in a line each. Throws where none is whole.
  public static func newest(of run: RunFolder, note: (String) -> Void = { _ in }) throws -> Checkpoint? {
    // A run that goes on meanwhile may remove what was just listed: look again.
    for _ in 0..<20 {
      var faults: [InputError] = []
      var hasVanished = false
      for step in try steps(of: run).reversed() where !hasVanished {
        let path = FileSystem.join(run.checkpointsPath, String(step))
        do {
          guard let lock = try FileLock(path, .shared), lock.isStill(at: path) else {
            hasVanished = true
            continue
          }
          try Manifest.check(path)
          for fault in faults { note("passed over a damaged checkpoint: \(fault)") }
          return Checkpoint(path: path, lock: lock)
        } catch let error as InputError {
          hasVanished = FileSystem.kind(path) == .absent
          faults.append(error)
        }
      }
      if hasVanished {
        usleep(50_000)
        continue
      }
      guard let first = faults.first else { return nil }
      throw faults.count == 1
        ? first
        : InputError("no checkpoint of the run is whole: \(first.what)", at: first.place, cure: first.cure)
    }
    throw InputError(
      "the run's checkpoints come and go too fast", at: run.checkpointsPath, cure: "try again, or raise its --keep")
  }

  /// The same for all ranks: rank 0 looks, and the others take what it found.
  static func newest(
    of run: RunFolder, over ranks: any Communicator, note: (String) -> Void
  ) throws -> Checkpoint? {
    guard !ranks.isAlone else { return try newest(of: run, note: note) }
    let own = ranks.rank == 0 ? try newest(of: run, note: note) : nil
    let path = ranks.broadcast(own?.path ?? "")
    guard ranks.rank > 0, !path.isEmpty else { return own }
    return Checkpoint(path: path, lock: try FileLock(path, .shared))
  }

  /// What a path to a model means: a run stands for its newest whole checkpoint, everything else for itself.
  public static func standing(for model: String, note: (String) -> Void = { _ in }) throws -> Checkpoint {
    guard FileSystem.kind(model) == .folder else { return Checkpoint(path: model, lock: nil) }
    guard let run = try? RunFolder.existing(model) else {
      guard FileSystem.kind(FileSystem.join(model, "state.json")) == .file else {
        return Checkpoint(path: model, lock: nil)
      }
      // One that is named itself, or by a run's `best`, which may lead to another one soon.
      let path = FileSystem.destination(model)
      return Checkpoint(path: path, lock: try FileLock(path, .shared))
    }
    guard let newest = try newest(of: run, note: note) else {
      throw InputError("the run has no checkpoint yet", at: model, cure: "let it reach its first one, or name another")
    }
    return newest
  }

  /// Writes a checkpoint of a run and removes all but the newest `keep` and, with `keepingBest`, that of the best
  /// evaluation, to which the run's `best` leads. `published`: how the parts name the model's tensors.
  public static func write(
    _ position: Position, of run: RunFolder, keep: Int, keepingBest: Bool = false,
    parts: [(name: String, part: any Checkpointed)],
    _ published: Naming, model: (_ folder: String) throws -> Void
  ) throws {
    let path = FileSystem.join(run.checkpointsPath, String(position.step))
    // Something that is no checkpoint has the name: it is set aside.
    if ![.absent, .folder].contains(FileSystem.kind(path)) { try FileSystem.move(path, to: path + ".aside") }
    try AtomicFolder.write(to: path) { folder in
      try model(folder)
      for (name, part) in parts {
        try StateFile(name, in: folder, published).write(part.state())
      }
      try AtomicFile.write(position.json.text(indent: 2) + "\n", to: FileSystem.join(folder, "state.json"))
      try Manifest.write(in: folder)
    }
    let best = keepingBest ? position.best?.step : nil
    if best == position.step { try FileSystem.link(run.bestPath, to: "checkpoints/\(position.step)") }
    // Those behind this one are damaged, or the run would not have gone on from here: they replace none.
    for old in try steps(of: run).filter({ $0 <= position.step }).dropLast(keep) where old != best {
      let path = FileSystem.join(run.checkpointsPath, String(old))
      // Somebody reads it: it goes the next time.
      guard let lock = try? FileLock(path, .exclusive) else { continue }
      withExtendedLifetime(lock) { _ = FileSystem.remove(path) }
    }
    AtomicFolder.removeLeftovers(in: run.checkpointsPath)
  }

  /// Puts the parts back and says where the run stood.
  public func restore(_ parts: [(name: String, part: any Checkpointed)], _ published: Naming) throws -> Position {
    for (name, part) in parts { try StateFile(name, in: path, published).restore(part) }
    let place = FileSystem.join(path, "state.json")
    return try Position(JSON.read(place), place: place)
  }

  /// The steps at which a run's checkpoints stand, in order.
  static func steps(of run: RunFolder) throws -> [Int] {
    guard FileSystem.kind(run.checkpointsPath) == .folder else { return [] }
    // Whatever else lies there is none of ours.
    return try FileSystem.readableNames(in: run.checkpointsPath).filter { name in
      Int(name)?.description == name && FileSystem.kind(FileSystem.join(run.checkpointsPath, name)) == .folder
    }.compactMap { Int($0) }.filter { $0 >= 0 }.sorted()
  }
}

extension Checkpoint.Position {
  var json: JSON {
    var object: JSON.Object = [
      "step": .integer(Int64(step)), "batches": .integer(Int64(batches)), "logged": .integer(Int64(logged)),
      "owes_evaluation": .bool(owesEvaluation), "elapsed": .number(elapsed), "seconds": .number(seconds),
      "samples": .integer(Int64(samples)), "source": source, "manifest": true,
      "since_best": .integer(Int64(sinceBest)),
    ]
    if sums.updates > 0 {
      var members: JSON.Object = ["updates": .integer(Int64(sums.updates)), "main": .number(sums.main)]
      members["sub"] = sums.sub.map { .number($0) }
      object["sums"] = .object(members)
    }
    if let best {
      var metrics = JSON.Object()
      for name in best.metrics.keys.sorted() { metrics[name] = .number(best.metrics[name]!) }
      object["best"] = ["step": .integer(Int64(best.step)), "value": .number(best.value), "metrics": .object(metrics)]
    }
    return .object(object)
  }

  init(_ json: JSON, place: String) throws {
    func number(_ key: String) throws -> Int {
      // No run counts so far; sums of such counts never overflow.
      guard let value = json[key]?.int, (0...1 << 53).contains(value) else {
        throw InputError("'\(key)' is missing or no count", at: place, cure: "resume from an undamaged checkpoint")
      }
      return value
    }
    self.init()
    (step, batches, logged) = (try number("step"), try number("batches"), try number("logged"))
    (samples, seconds) = (try number("samples"), json["seconds"]?.double ?? 0)
    (owesEvaluation, elapsed) = (json["owes_evaluation"]?.bool ?? false, json["elapsed"]?.double ?? seconds)
    source = json["source"] ?? .null
    // Version 0.10 wrote it beside a best alone.
    sinceBest = json["since_best"] == nil ? 0 : try number("since_best")
    if let stored = json["sums"], let updates = stored["updates"]?.int, updates > 0 {
      sums = LossSums.Values(
        updates: updates, main: stored["main"]?.double ?? 0, sub: stored["sub"]?.double)
    }
    if let best = json["best"], let at = best["step"]?.int, at >= 0, let value = best["value"]?.double {
      var metrics: [String: Double] = [:]
      for member in best["metrics"]?.object?.members ?? [] { metrics[member.key] = member.value.double }
      self.best = Best(step: at, metrics: metrics, value: value)
    }
  }
}
