import SubCore
import SubData
import SubTrain

/// The hyper-parameters of a kind of recipe: an option for every field of its table, and `--set`, which takes any of them
/// by its key.
struct RecipeOptions<Kind: Recipe>: OptionGroups {
  @Option("--set", "a hyper-parameter by its key; masksub recipes show NAME lists them") private var settings:
    [Setting] =
      []
  @Flag("--scale-lr", "scales the learning rate with the batch, in proportion to the recipe's")
  private var scalesRate: Bool
  private let fields: [FieldOption]
  /// Whether these are options of a command that trains.
  private let trains: Bool

  /// The options of all fields; the method's ratio is `--ratio` already.
  init() { self.init(trains: true) { _ in true } }

  /// The options of some fields, for a command that trains nothing.
  init(showing isShown: (_ key: String) -> Bool) { self.init(trains: false, isShown) }

  private init(trains: Bool, _ isShown: (_ key: String) -> Bool) {
    self.trains = trains
    fields = Kind.table.rows.filter { $0.key != "method.ratio" && isShown($0.key) }.map { FieldOption($0) }
  }

  var groups: [(title: String, options: [any OptionDeclaration])] {
    var groups: [(title: String, options: [any OptionDeclaration])] = [
      ("Recipe (what is not given is as the recipe says)", trains ? [$settings, _scalesRate] : [$settings])
    ]
    var last = Substring()
    for field in fields {
      let group = field.key.prefix { $0 != "." }
      if group != last { groups.append(("Recipe: \(group)", [])) }
      groups[groups.count - 1].options.append(field)
      last = group
    }
    return groups
  }

  /// What this command line says of fields, by their keys. What an earlier one said is in that run's recipe. Throws a
  /// usage error where a field is given by both its option and `--set`.
  func given() throws -> [(key: String, value: String)] {
    let given = fields.filter(\.isGiven).map { (key: $0.key, value: $0.texts[0]) }
    guard $settings.isGiven else { return given }
    let set = settings.map { (key: ours($0.key), value: $0.value) }
    for (key, _) in set {
      let full = try? Kind.table.row(key).key
      guard let twice = fields.first(where: { $0.isGiven && $0.key == full }) else { continue }
      throw InputError(
        "\(twice.spelling) and --set \(key) are one hyper-parameter", at: "--set \(key)",
        cure: "give it once", isUsage: true)
    }
    return given + set
  }

  /// The recipe with what this command line says, or that of an earlier run with it. `base`: the recipe without either.
  /// `note` is told of other names' meaning, and what a rate is for another batch.
  func recipe(_ base: Kind, of earlier: BegunRun?, note: (String) -> Void) throws -> Kind {
    if let earlier, !earlier.goesOn, !(earlier.json["changes"]?.array ?? []).isEmpty {
      note("the run in \(earlier.place) changed on its way (changes): it is repeated as it was at its end")
    }
    return try (stored(earlier, over: base) ?? base).with(given(), scalesRate: isScaling, note: note)
  }

  /// The recipe of an earlier run; nil where there is none. `base` says what that did not know.
  func stored(_ earlier: BegunRun?, over base: Kind) throws -> Kind? {
    guard let earlier, let recipe = earlier.json["recipe"] else { return nil }
    return try base.restored(from: recipe, at: earlier.place)
  }

  /// Whether this command line wants the rate to go with the batch.
  var isScaling: Bool { _scalesRate.isGiven }

  /// Whether a run is a demonstration: where `lacksData`, or the earlier run was one, and this command line does not say how
  /// long it is to be.
  func isDemonstration(_ lacksData: Bool, of earlier: BegunRun?) throws -> Bool {
    let setsLength = try given().contains {
      ["loop.max_steps", "schedule.epochs"].contains(try? Kind.table.row($0.key).key)
    }
    return !setsLength && (earlier.map { $0.json["demonstration"]?.int != nil } ?? lacksData)
  }

  /// A key that other tools use, as ours.
  private func ours(_ key: String) -> String {
    guard (try? Kind.table.row(key)) == nil else { return key }
    let options = OtherNames.meaning(of: "--\(key)").map { $0.isFlag ? [] : $0.options } ?? []
    return fields.first { options.contains($0.spelling) }?.key ?? key
  }
}
