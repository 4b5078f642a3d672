import ClipSub
import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import TextSub
import VisionSub

/// What must hold for the recipes of every modality.
@Suite struct RecipeFieldTests {
  @Test func `vision`() throws { try check(VisionRecipe.self, recipes: 36) }
  @Test func `text`() throws { try check(GLUERecipe.self, recipes: 2) }
  @Test func `contrastive`() throws { try check(ClipRecipe.self, recipes: 2) }

  private func check<Kind: Recipe>(_ kind: Kind.Type, recipes: Int) throws {
    let rows = Kind.table.rows
    #expect(Set(Kind.book.map(\.recipe.name)).count == recipes && Kind.book.count == recipes)
    for entry in Kind.book {
      let recipe = entry.recipe
      try recipe.check()
      // Every property has a row, every row is written, and what is written is read back.
      #expect(Kind.table.gaps(in: recipe).isEmpty, "\(recipe.name)")
      #expect(leaves(recipe.json) == ["name"] + rows.map(\.key).sortedByGroup)
      #expect(try Kind.named(recipe.name) == recipe)
      for other in Kind.book { #expect(try other.recipe.restored(from: recipe.json, at: "") == recipe) }
      let page = entry.page
      #expect(page.parameters.map(\.key) == rows.map(\.key))
      #expect(page.parameters.allSatisfy { !$0.meaning.isEmpty && !$0.value.isEmpty })
    }
    for row in rows { try checkRange(of: row, Kind.book[0].recipe) }
  }

  /// Values at the ends of a field's range are taken, those beyond and those of other types are not, by any of its names.
  private func checkRange<Kind: Recipe>(of row: Field<Kind>, _ recipe: Kind) throws {
    let (inside, outside): ([JSON], [JSON]) =
      switch row.allowed {
      case .truth: ([true, false], [1, "true"])
      case .whole(let range):
        (
          [range.lowerBound, range.upperBound].map { .integer(Int64($0)) },
          [range.lowerBound - 1, range.upperBound + 1].map { .integer(Int64($0)) } + [0.5, "1", true]
        )
      case .number(let range):
        (
          (range.excludesLower ? [] : [.number(range.lower)])
            + (range.excludesUpper || range.upper == .infinity ? [] : [.number(range.upper)]) + [0.5],
          (range.excludesLower ? [.number(range.lower)] : []) + [.number(range.lower - 1)]
            + (range.excludesUpper ? [.number(range.upper)] : []) + ["x", .number(.nan)]
        )
      case .choice(let words): (words.map { .string($0) }, ["no-such-word", 1])
      case .text: (["none"], [1])
      }
    for value in inside {
      var changed = recipe
      #expect(row.put(value, into: &changed), "\(row.key) \(value.text())")
      // One of several rows of one property says nothing at 0.
      let isShared = (row.key.hasPrefix("schedule.warmup_") || row.key.hasPrefix("data.eval_")) && value.double == 0
      #expect(
        row.value(in: changed) == value || row.value(in: changed).double == value.double || isShared,
        "\(row.key) \(value.text())")
    }
    for value in outside {
      var changed = recipe
      #expect(!row.put(value, into: &changed) && changed == recipe, "\(row.key) \(value)")
      let text = value.string ?? value.text()
      guard row.allowed.value(of: text).map(row.allowed.contains) != true else { continue }
      #expect(throws: InputError.self, "\(row.key)=\(text)") { try recipe.with([(row.key, text)]) }
    }
  }

  private func leaves(_ json: JSON) -> [String] {
    (json.object?.members ?? []).flatMap { member in
      member.value.object.map { $0.keys.map { "\(member.key).\($0)" } } ?? [member.key]
    }
  }

  @Test func `what fields have to do with each other`() throws {
    for (setting, text) in [
      ("accumulation=3000", "a number of parts that is at most loop.batch_size"),
      ("smoothing=0.1", "(--set loss.smoothing)"), ("policy=rnad", "'rnad' is no part of a RandAugment policy"),
    ] {
      let error = try #require(throws: InputError.self) { try VisionRecipe.named("deit3-b-400").with([split(setting)]) }
      #expect(error.isUsage && error.description.contains(text), "\(error)")
    }
    #expect(throws: InputError.self) { try ClipRecipe().with([split("accumulation=65")]) }
    #expect(throws: InputError.self) { try VisionRecipe.named("deit4") }
  }

  @Test func `a setting that does nothing beside the others is told`() throws {
    func notes<Kind: Recipe>(_ recipe: Kind, _ settings: String...) throws -> [String] {
      var notes: [String] = []
      _ = try recipe.with(settings.map(split)) { notes.append($0) }
      return notes
    }
    let deit = try VisionRecipe.named("deit3-b-400")
    #expect(try notes(deit, "momentum=0.8") == ["optimizer.momentum does nothing with lamb"])
    #expect(try notes(deit, "optimizer.name=sgd", "momentum=0.8", "warmup_lr=1e-5", "switch_probability=0.3") == [])
    #expect(
      try notes(deit, "optimizer.name=sgd", "momentum=0", "nesterov=true", "beta1=0.8") == [
        "optimizer.nesterov does nothing without momentum", "optimizer.beta1 does nothing with sgd",
      ])
    #expect(
      try notes(deit, "mixup=0", "switch_probability=0.3", "mix_probability=0.5") == [
        "augment.switch_probability does nothing unless both mixup and cutmix are above 0"
      ])
    #expect(
      try notes(deit, "loss.name=ce", "binarizes_targets=true", "smoothing=0.1") == [
        "loss.binarizes_targets does nothing with the loss ce"
      ])
    #expect(
      try notes(deit, "policy=rand-m9", "color_jitter=0.3") == [
        "augment.color_jitter does nothing with a RandAugment, as in timm"
      ])
    #expect(
      try notes(ClipRecipe(), "form=constant", "warmup_steps=0", "min_lr=1e-5", "warmup_lr=1e-6") == [
        "schedule.min_lr does nothing with the schedule constant", "schedule.warmup_lr does nothing without a warmup",
      ])
  }

  @Test func `every key of version 0.1 is taken`() throws {
    for (recipe, count) in [(Self.oldVision, 48), (Self.oldText, 17), (Self.oldContrastive, 19)] {
      let keys = leaves(recipe).filter { $0 != "name" }
      #expect(keys.count == count)
      for key in keys {
        let kind: any Recipe.Type =
          recipe == Self.oldVision ? VisionRecipe.self : recipe == Self.oldText ? GLUERecipe.self : ClipRecipe.self
        #expect(throws: Never.self, "\(key)") { try find(key, in: kind) }
      }
    }
  }

  private func find<Kind: Recipe>(_ key: String, in kind: Kind.Type) throws { _ = try Kind.table.row(key) }

  @Test func `recipes of version 0.1 are restored`() throws {
    let vision = try VisionRecipe.named("deit3-s-400").restored(from: Self.oldVision, at: "config.json")
    var expected = try VisionRecipe.named("deit3-s-400")
    expected.model = VisionModelFields("vit_shapes_patch4_32", readout: .pooled)
    expected.model.dropPath = 0.1
    (expected.data.imageSize, expected.data.eval) = (32, .resize(36))
    (expected.loop.batchSize, expected.loop.maxSteps, expected.loop.emaDecay) = (64, 8, 0.99)
    expected.loop.accumulation = 1
    expected.optimizer.name = .adamw
    expected.optimizer.clipNorm = 2
    expected.schedule.form = .table
    expected.schedule.warmup = .epochs(3)
    expected.augment.policy = "rand-m9"
    expected.augment.crop = .simple
    expected.data.normalization = .clip
    expected.method.masking = .block
    #expect(vision == expected)

    var text = GLUERecipe.fromScratch
    (text.loop.maxSteps, text.loop.accumulation, text.optimizer.beta2, text.data.maxLength) = (20, 2, 0.99, 64)
    text.schedule.form = .cosine
    #expect(try GLUERecipe(.cola).restored(from: Self.oldText, at: "config.json") == text)

    var clip = ClipRecipe.fromScratch
    (clip.loop.maxSteps, clip.loop.accumulation, clip.decaysPositions) = (15, 3, false)
    (clip.optimizer.epsilon, clip.schedule.warmup) = (1e-7, .steps(70))
    #expect(try ClipRecipe().restored(from: Self.oldContrastive, at: "config.json") == clip)
  }

  @Test func `a run of version 0.1 is resumed as what it was`() throws {
    let folder = TemporaryFolder()
    let run = try RunFolder.create(folder["run"], command: "glue")
    try run.writeConfiguration(command: "glue", arguments: [], ["seed": 3, "data": "a", "recipe": Self.oldText])
    let begun = try GLUERecipe(.cola).restored(from: Self.oldText, at: "config.json")
    func check(_ settings: String...) throws {
      try run.check(resumedWith: ["seed": 3, "data": "b"], begun.with(settings.map(split)))
    }
    try check()
    try check("max_steps=40", "epochs=30", "log_every=1", "save_every=2", "evaluate_every=3", "eval_batch_size=4")
    for (setting, text) in [
      ("lr=0.5", "begun with recipe.optimizer.lr 0.001, not 0.5"), ("warmup_steps=3", "recipe.schedule.warmup_"),
      ("max_length=32", "recipe.data.max_length 64"), ("batch_size=8", "recipe.loop.batch_size 32"),
    ] {
      let error = try #require(throws: InputError.self) { try check(setting) }
      #expect(error.description.contains(text), "\(error)")
    }
    #expect(throws: InputError.self) { try run.check(resumedWith: ["seed": 4], begun) }
    #expect(throws: InputError.self) { try run.check(resumedWith: ["seed": 3], GLUERecipe(.cola)) }
  }

  private func split(_ setting: String) -> (key: String, value: String) {
    let parts = setting.split(separator: "=").map(String.init)
    return (parts[0], parts[1])
  }

  // Recipes as version 0.1 wrote them.
  private static let oldVision: JSON = [
    "accumulation": 1, "augment": "rand-m9", "batch_size": 64, "beta1": 0.9, "beta2": 0.999,
    "binarizes_targets": true, "clip_norm": 2, "color_jitter": 0.3, "crop": "simple", "crop_scale": 0.08, "cutmix": 1,
    "decode_scaled": false, "drop_path": 0.1, "ema_decay": 0.99, "epochs": 400, "epsilon": 1e-08, "erasing": 0,
    "eval_batch_size": 64, "eval_resize": 36, "evaluate_every": 0, "exif": false, "flip": 0.5,
    "freezes_patches": false, "image_size": 32, "interpolation": "bicubic", "layer_decay": 1, "log_every": 10,
    "loss": "bce", "lr": 0.004, "masking": "block", "min_lr": 1e-05, "mix_bytes": false, "mix_probability": 1,
    "mixup": 0.8, "model": "vit_shapes_patch4_32", "name": "deit3-s-400", "normalization": "clip",
    "optimizer": "adamw", "ratio": 0.5, "readout": "pooled", "repeats": 3, "save_every": 0, "schedule": "table",
    "smoothing": 0, "switch_probability": 0.5, "warmup_epochs": 3, "warmup_lr": 1e-06, "weight_decay": 0.03,
    "max_steps": 8,
  ]
  private static let oldText: JSON = [
    "accumulation": 2, "adam": ["beta1": 0.9, "beta2": 0.99, "epsilon": 1e-08], "batch_size": 32, "clip_norm": 1,
    "epochs": 20, "eval_batch_size": 64, "evaluate_every": 0, "log_every": 10, "lr": 0.001, "max_length": 64,
    "max_steps": 20, "name": "glue-scratch", "save_every": 0, "schedule": "cosine", "warmup_ratio": 0.1,
    "weight_decay": 0.01,
  ]
  private static let oldContrastive: JSON = [
    "adam": ["beta1": 0.9, "beta2": 0.98, "epsilon": 1e-07], "batch_size": 64, "clip_norm": 0,
    "decays_positions": false, "epochs": 24, "eval_batch_size": 64, "evaluate_every": 378, "log_every": 10,
    "lr": 0.001, "max_steps": 15, "name": "clip-small", "pieces": 3, "resamples": false, "samples_per_epoch": 0,
    "save_every": 378, "shuffle_buffer": 5000, "warmup": 70, "weight_decay": 0.2,
  ]
}

extension [String] {
  /// Keys as a nested object holds them: by group, in the order in which the groups begin.
  fileprivate var sortedByGroup: [String] {
    var groups: [Substring] = []
    for key in self { if let group = key.split(separator: ".").first, !groups.contains(group) { groups.append(group) } }
    return groups.flatMap { group in filter { $0.split(separator: ".").first == group } }
  }
}
