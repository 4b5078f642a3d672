import SubCore
public import SubData

// How a run goes on, and what it must have in common with what was begun.
extension RunFolder {
  /// `--output` and `--resume` as a command got them; the folder is locked.
  public static func open(output: String?, resume: Bool, command: String) throws -> RunFolder {
    guard resume else { return try create(output, command: command) }
    guard let output else {
      throw InputError(
        "--resume does not say which run", at: "masksub \(command)", cure: "add --output DIR, the run's folder",
        isUsage: true)
    }
    let folder = try existing(output)
    let owner = try folder.configuration()["command"]?.string ?? ""
    guard owner == command else {
      throw InputError("the run was made by masksub \(owner)", at: output, cure: "resume it with that command")
    }
    return try folder.locked()
  }

  /// The same for all ranks: rank 0 opens and locks it, the others know where it is.
  static func open(
    output: String?, resume: Bool, command: String, over ranks: any Communicator
  ) throws -> RunFolder {
    let own = ranks.rank == 0 ? try open(output: output, resume: resume, command: command) : nil
    let path = ranks.broadcast(own?.path ?? "")
    return own ?? RunFolder(path: path, lock: nil)
  }

  /// Notes in `config.json` that the run goes on with other numbers, of those that may change, from the newest checkpoint
  /// on: the new ones in its recipe, and under `changes` at which step what became what.
  func writeChanges(
    _ changes: [(key: String, begun: JSON, now: JSON)], _ recipe: some Recipe, steps: Int, by line: CommandLineRecord
  ) throws {
    guard var object = try configuration().object else { return }
    var change: JSON.Object = ["step": .integer(Int64(try Checkpoint.steps(of: self).last ?? 0))]
    for member in line.program.members { change[member.key] = member.value }
    for (key, begun, now) in changes { change[key] = [begun, now] }
    (object["recipe"], object["steps"]) = (recipe.json, .integer(Int64(steps)))
    if !line.arguments.isEmpty {
      object["arguments"] = .array(line.arguments.map { .string($0) })
      object["folder"] = line.folder.map { .string($0) }
    }
    object["changes"] = .array((object["changes"]?.array ?? []) + [.object(change)])
    try write(object)
  }

  /// Throws where a resumed run would be another one than was begun, by its settings or its recipe. Where files stand may
  /// change, as may what the version that began the run did not know and what the recipe's table lets change: these
  /// changes are what is returned.
  @discardableResult
  public func check(
    resumedWith settings: JSON.Object, _ recipe: some Recipe
  ) throws -> [(key: String, begun: JSON, now: JSON)] {
    let places: Set = ["data", "from", "validation", "val", "vocab"]
    func refuse(_ key: String, _ begun: JSON, _ now: JSON) -> InputError {
      if key.hasPrefix("samples.") {
        return InputError(
          "the samples are not those that the run was begun with: \(key) was \(begun.text()), is \(now.text())",
          at: configurationPath,
          cure: "put the data back as it was, leave out options that choose other samples, or begin another run")
      }
      return InputError(
        "the run was begun with \(key) \(begun.text()), not \(now.text())", at: configurationPath,
        cure: "leave the option out (--resume RUN takes the run's own), or begin another run", isUsage: true)
    }
    func compare(_ begun: JSON, _ now: JSON, _ key: String) throws {
      if let members = now.object?.members, begun.object != nil {
        for member in members where !places.contains(member.key) {
          // Runs of versions without a choice of precision do not name it.
          let unnamed: JSON? = member.key == "precision" ? .string(Precision.fp32.rawValue) : nil
          guard let before = begun[member.key] ?? unnamed else { continue }
          try compare(before, member.value, key.isEmpty ? member.key : "\(key).\(member.key)")
        }
      } else if begun != now, begun.double == nil || begun.double != now.double {
        throw refuse(key, begun, now)
      }
    }
    let begun = try configuration()
    // As text and back: what a file cannot tell apart is the same.
    try compare(begun, JSON.parse(JSON.object(settings).text(), at: configurationPath), "")
    guard let stored = begun["recipe"] else { return [] }
    let changes = recipe.changes(since: try recipe.restored(from: stored, at: configurationPath))
    if let change = changes.first(where: { !$0.mayBe }) {
      throw refuse("recipe.\(change.key)", change.begun, change.now)
    }
    return changes.map { ($0.key, $0.begun, $0.now) }
  }
}
