package import SubCore
public import SubData

/// The hyper-parameters of a kind of run: a value with a name, whose table says what each of its fields is.
public protocol Recipe: Sendable, Equatable {
  /// What the recipes of this kind are called: `vision`.
  static var kind: String { get }
  /// Every field.
  static var table: FieldTable<Self> { get }
  /// The recipes of this kind with their pages, in the order of `masksub recipes`.
  static var book: [RecipeEntry<Self>] { get }

  /// What `--recipe` and `recipes show` know it by.
  var name: String { get set }
  /// What makes the updates.
  var optimizer: OptimizerFields { get set }
  /// The learning rate over the run.
  var schedule: ScheduleFields { get set }
  /// Batches, and how often something happens.
  var loop: LoopFields { get set }
  /// What the sub-branch does not see.
  var method: MethodFields { get set }
  /// Batches that the loop makes an update of.
  var batchesPerUpdate: Int { get }
  /// In how many parts a batch passes through the network; 0: as few as memory allows.
  var parts: Int { get }
  /// Samples of an update, as the recipe's rate is made for.
  var samplesPerUpdate: Int { get }
  /// How the recipe's origin itself scales rates with the batch; nil: not at all.
  var rateRule: RateRule? { get }
}

extension Recipe {
  /// One, which `loop.accumulation` divides.
  public var batchesPerUpdate: Int { 1 }
  public var parts: Int { loop.accumulation }
  public var samplesPerUpdate: Int { loop.batchSize }
  public var rateRule: RateRule? { nil }

  /// The recipe of a name. Throws a usage error with the nearest name.
  public static func named(_ name: String) throws -> Self {
    let names = book.map(\.recipe.name)
    let meant = Spelling.meant(by: name, among: names)
    if let entry = book.first(where: { $0.recipe.name == meant }) { return entry.recipe }
    throw InputError(noRecipe: name, among: names, kind: kind)
  }

  /// All fields, nested by group, behind the name.
  public var json: JSON {
    var object: JSON.Object = ["name": .string(name)]
    for member in Self.table.json(of: self).members { object[member.key] = member.value }
    return .object(object)
  }

  /// The recipe with `KEY=VALUE` settings applied. A key is full (`optimizer.lr`), its last part where that is unique
  /// (`lr`), or a former one, of which `note` is told, as of settings that do nothing beside the others. A warmup that is given
  /// in any unit replaces the recipe's. Throws a usage error for an unknown key, a value that the field does not take, and
  /// values that do not go together.
  public func with(
    _ settings: [(key: String, value: String)], note: (String) -> Void = { _ in }
  ) throws -> Self {
    var changed = self
    if try Self.givesWarmup(settings) { changed.schedule.warmup = .epochs(0) }
    for (key, value) in settings {
      try Self.table.put(value, key, into: &changed)
      if let now = FormerKeys.now[key] { note("\(key) is \(now)") }
    }
    try changed.check()
    for (key, _) in settings {
      let row = try Self.table.row(key)
      if let reason = row.idle(in: changed) { note("\(row.key) does nothing \(reason)") }
    }
    return changed
  }

  /// Whether settings say how long the rate rises, in any unit. Throws a usage error where they do so in two.
  private static func givesWarmup(_ settings: [(key: String, value: String)]) throws -> Bool {
    let given = try settings.map { (row: try table.row($0.key), value: $0.value) }
      .filter { ScheduleFields.warmupUnits.contains($0.row.shortKey) }
    let rising = given.filter { $0.row.allowed.value(of: $0.value)?.double ?? 0 > 0 }.map(\.row)
    if let first = rising.first, let other = rising.first(where: { $0.key != first.key }) {
      throw InputError(
        "\(first.shortKey) and \(other.shortKey) are one warmup in two units", at: "--set \(other.key)",
        cure: "give one of them", isUsage: true)
    }
    return !given.isEmpty
  }

  /// Throws a usage error for a recipe that no run can have.
  public func check() throws { try Self.table.check(self) }

  /// The recipe that `json` wrote into a run's configuration, today or in version 0.1. What that version did not know yet
  /// is as in this one.
  public func restored(from stored: JSON, at place: String) throws -> Self {
    var restored = self
    func unreadable(_ what: String) -> InputError {
      InputError("the run's recipe cannot be read: \(what)", at: place, cure: "take config.json from the run again")
    }
    func put(_ value: JSON, _ key: String) throws {
      if let members = value.object?.members {
        for member in members { try put(member.value, key.isEmpty ? member.key : "\(key).\(member.key)") }
      } else if key == "name", let name = value.string {
        restored.name = name
      } else if let row = try? Self.table.row(key), !row.put(value, into: &restored) {
        throw unreadable("\(key) is \(value.text()), not \(row.allowed.noun)")
      }
    }
    guard stored.object != nil else { throw unreadable("it is no object") }
    try put(stored, "")
    return restored
  }

  /// The fields that a resumed run would have otherwise than it was begun, and whether they may.
  func changes(since begun: Self) -> [(key: String, begun: JSON, now: JSON, mayBe: Bool)] {
    var changes: [(key: String, begun: JSON, now: JSON, mayBe: Bool)] = []
    if name != begun.name { changes.append(("name", .string(begun.name), .string(name), false)) }
    for row in Self.table.rows {
      let (before, now) = (row.value(in: begun), row.value(in: self))
      if before != now { changes.append((row.key, before, now, row.mayChange)) }
    }
    return changes
  }
}

extension InputError {
  /// The usage error of a name that no recipe has. `kind`: the one that is wanted; nil: any.
  package init(noRecipe name: String, among names: [String], kind: String? = nil, at place: String = "--recipe") {
    self.init(
      "there is no \(kind.map { "\($0) " } ?? "")recipe '\(name)'", at: place,
      cure: Suggestion.cure(for: name, in: names, else: "masksub recipes lists them"), isUsage: true)
  }
}
