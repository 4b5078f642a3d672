import SubCore
import SubData
import SubNN
import SubTrain
import Testing

/// A kind of recipe as another package would write it.
private struct PaintRecipe: Recipe {
  struct Paint: FieldGroup {
    enum Gloss: String, CaseIterable { case matt, silk }
    var gloss = Gloss.matt
    var coats = 2
    var isWet = false
    var name = "red"

    static let fields: [Field<Self>] = [
      Field("gloss", \.gloss, "how it shines"), Field("coats", \.coats, 1...3, "how often", mayChange: true),
      Field("is_wet", \.isWet, "whether it is wet"), Field("name", \.name, .choice(["red", "blue"]), "the colour"),
    ]
  }

  static let kind = "paint"
  var name = "wall"
  var optimizer = OptimizerFields()
  var thins = false
  var schedule = ScheduleFields()
  var loop = LoopFields()
  var method = MethodFields()
  var paint = Paint()
  var forgotten: Int?

  static let table = FieldTable<PaintRecipe>(
    [
      Field.group("optimizer", \.optimizer), [Field("optimizer.thins", \.thins, "whether it is thinned")],
      Field.group("schedule", \.schedule), Field.group("loop", \.loop, meanings: ["batch_size": "buckets"]),
      Field.group("paint", \.paint), Field.group("method", \.method),
    ],
    unused: ["loop.ema_decay", "optimizer.layer_decay"],
    rules: [.init("paint.coats", "1 where paint.is_wet is true") { !$0.paint.isWet || $0.paint.coats == 1 }])
  static let book: [RecipeEntry<PaintRecipe>] = []
}

/// How fields are named, changed, checked, written and read back.
@Suite struct FieldTableTests {
  private func error(_ setting: (String, String)...) -> String {
    do {
      _ = try PaintRecipe().with(setting.map { (key: $0.0, value: $0.1) })
      return ""
    } catch { return "\(error)" }
  }

  @Test func `a key is full, or its last part where it is the only one`() throws {
    var notes: [String] = []
    let recipe = try PaintRecipe().with(
      [("optimizer.lr", "0.5"), ("gloss", "silk"), ("thins", "true"), ("max_steps", "9"), ("paint.name", "blue")],
      note: { notes.append($0) })
    #expect(recipe.optimizer.lr == 0.5 && recipe.paint.gloss == .silk && recipe.thins && recipe.loop.maxSteps == 9)
    #expect(recipe.paint.name == "blue" && notes.isEmpty)
  }

  @Test func `a former key is taken and answered with the present one`() throws {
    var notes: [String] = []
    let recipe = try PaintRecipe().with(
      [("adam.beta1", "0.5"), ("warmup", "7"), ("schedule", "table"), ("pieces", "2")], note: { notes.append($0) })
    #expect(recipe.optimizer.beta1 == 0.5 && recipe.schedule.warmup == .steps(7) && recipe.schedule.form == .table)
    #expect(
      notes == [
        "adam.beta1 is optimizer.beta1", "warmup is schedule.warmup_steps", "schedule is schedule.form",
        "pieces is loop.accumulation",
      ])
    // There is no loss here.
    #expect(error(("loss", "ce")).contains("there is no hyper-parameter 'loss'"))
  }

  @Test func `mistakes in keys are pointed at`() {
    for (key, text) in [
      ("name", "give optimizer.name, paint.name in full"), ("optimizer.l", "did you mean 'optimizer.lr'?"),
      ("glos", "did you mean 'gloss'?"), ("max-steps", "did you mean 'max_steps'?"),
      ("ema_decay", "have no use for 'ema_decay' (--set ema_decay)"),
      ("something", "masksub recipes show NAME lists what there is"),
    ] {
      #expect(error((key, "1")).contains(text), "\(key): \(error((key, "1")))")
    }
  }

  @Test func `mistakes in values are pointed at`() {
    for (key, value, text) in [
      ("coats", "4", "'4' is not a whole number from 1 to 3 (--set coats): give 1 to 3"),
      ("coats", "1.5", "'1.5' is not a whole number"), ("is_wet", "yes", "'yes' is not true or false"),
      ("gloss", "slik", "'slik' is unknown (--set gloss): did you mean 'silk'?"),
      ("gloss", "golden", "'golden' is unknown (--set gloss): use matt, silk"),
      ("lr", "-1", "'-1' is not a number of 0 or more"), ("lr", "nan", "'nan' is not"), ("lr", "fast", "'fast' is not"),
      ("epsilon", "0", "'0' is not a number above 0"), ("beta1", "1", "'1' is not a number from 0 to below 1"),
      ("paint.name", "rde", "did you mean 'red'?"),
    ] {
      #expect(error((key, value)).contains(text), "\(key)=\(value): \(error((key, value)))")
    }
    #expect(
      error(("is_wet", "true"))
        == "2 is not 1 where paint.is_wet is true (--set paint.coats): give 1 where paint.is_wet is true")
    #expect(error(("is_wet", "true"), ("coats", "1")).isEmpty)
    var wrong = PaintRecipe()
    wrong.loop.logEvery = 0
    #expect(throws: InputError.self) { try wrong.check() }
  }

  @Test func `a warmup has one unit`() throws {
    var recipe = PaintRecipe()
    recipe.schedule.warmup = .epochs(5)
    recipe.schedule.epochs = 10
    #expect(try recipe.with([("warmup_ratio", "0.25")]).rates(stepsPerEpoch: 6).warmup == 15)
    #expect(try recipe.with([("warmup_steps", "7")]).rates(stepsPerEpoch: 6).warmup == 7)
    #expect(recipe.rates(stepsPerEpoch: 6).warmup == 30)
    // A unit that is given is the warmup's, also where it says that there is none.
    for warmup in [ScheduleFields.Warmup.epochs(5), .steps(9), .ratio(0.5)] {
      recipe.schedule.warmup = warmup
      for unit in ["warmup_epochs", "warmup_steps", "warmup_ratio", "warmup"] {
        #expect(try recipe.with([(unit, "0")]).rates(stepsPerEpoch: 6).warmup == 0, "\(warmup), \(unit)")
      }
      let steps = try recipe.with([("warmup_epochs", "0"), ("warmup_steps", "7"), ("schedule.warmup_ratio", "0")])
      #expect(steps.schedule.warmup == .steps(7))
      #expect(try recipe.with([("lr", "1")]).schedule.warmup == warmup)
      for begun in [ScheduleFields.Warmup.epochs(0), .epochs(2), .steps(3), .ratio(0.25)] {
        var other = recipe
        other.schedule.warmup = begun
        #expect(try recipe.restored(from: other.json, at: "config.json").schedule.warmup == begun)
      }
    }
    #expect(
      error(("warmup_epochs", "2"), ("warmup_steps", "3"))
        == "warmup_epochs and warmup_steps are one warmup in two units (--set schedule.warmup_steps): give one of them")
    recipe.schedule.warmup = .epochs(5)
    let other = try PaintRecipe().with([("warmup_steps", "3")])
    #expect(try other.restored(from: recipe.json, at: "config.json").schedule.warmup == .epochs(5))
    #expect(try recipe.restored(from: other.json, at: "config.json").schedule.warmup == .steps(3))
  }

  @Test func `max_steps ends a schedule of epochs and is the length of another`() throws {
    let few = try PaintRecipe().with([("epochs", "4"), ("max_steps", "10"), ("schedule.form", "fraction")])
    #expect(few.updates(stepsPerEpoch: 5) == 10 && few.rates(stepsPerEpoch: 5).total == 20)
    #expect(few.updates(stepsPerEpoch: 2) == 8)
    let whole = try few.with([("schedule.form", "linear")])
    #expect(whole.updates(stepsPerEpoch: 2) == 10 && whole.rates(stepsPerEpoch: 5).total == 10)
  }

  @Test func `what is written is read back, nested by group`() throws {
    let recipe = try PaintRecipe().with([("coats", "3"), ("lr", "1e-05"), ("thins", "true"), ("warmup_steps", "4")])
    #expect(
      recipe.json["optimizer"]?.text()
        == #"{"name":"adamw","lr":1e-05,"beta1":0.9,"beta2":0.999,"epsilon":1e-08,"momentum":0.9,"nesterov":false,"weight_decay":0,"clip_norm":0,"thins":true}"#
    )
    #expect(recipe.json.object?.keys == ["name", "optimizer", "schedule", "loop", "paint", "method"])
    #expect(recipe.json["loop"]?["ema_decay"] == nil && recipe.json["name"] == "wall")
    #expect(try PaintRecipe().restored(from: recipe.json, at: "config.json") == recipe)
  }

  @Test func `a stored recipe may lack and have more, but not be wrong`() throws {
    var mine = PaintRecipe()
    mine.optimizer.lr = 7
    let stored: JSON = ["name": "old", "adam": ["beta1": 0.5], "warmup": 3, "coats": 1, "later": true]
    let restored = try mine.restored(from: stored, at: "config.json")
    #expect(restored.name == "old" && restored.optimizer.lr == 7 && restored.optimizer.beta1 == 0.5)
    #expect(restored.schedule.warmup == .steps(3) && restored.paint.coats == 1)
    for wrong: JSON in [["coats": 9], ["lr": "fast"], ["is_wet": 1], 3, ["paint": ["gloss": "golden"]]] {
      #expect(throws: InputError.self) { try mine.restored(from: wrong, at: "config.json") }
    }
  }

  @Test func `a property without a row is found`() {
    #expect(PaintRecipe.table.gaps(in: PaintRecipe()) == ["forgotten"])
  }

  @Test func `a page says what a field takes and means`() {
    let page = RecipeEntry(
      FullRecipe(), "a", command: "b", expected: "c", source: "d", notes: ["lr": "of the label", "max_steps": "e"]
    ).page
    let rows = page.parameters.filter { ["optimizer.lr", "loop.max_steps", "loop.log_every"].contains($0.key) }
    #expect(rows.map(\.value) == ["0.001", "0", "10"] && rows.map(\.source) == ["of the label", "e", "this project"])
    #expect(rows[0].allowed == .number(.amount) && !rows[0].meaning.isEmpty)
    #expect(page.parameters.first { $0.key == "schedule.epochs" }?.source == nil)
  }
}

/// The groups that every recipe has, and nothing else.
private struct FullRecipe: Recipe {
  static let kind = "full"
  var name = "full"
  var optimizer = OptimizerFields()
  var schedule = ScheduleFields()
  var loop = LoopFields()
  var method = MethodFields()

  static let table = FieldTable<FullRecipe>([
    Field.group("optimizer", \.optimizer), Field.group("schedule", \.schedule), Field.group("loop", \.loop),
    Field.group("method", \.method),
  ])
  static let book: [RecipeEntry<FullRecipe>] = []
}
