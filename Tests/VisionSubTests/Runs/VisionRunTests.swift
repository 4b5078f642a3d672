import SubCore
import SubData
import SubNN
import SubTrain
import TestSupport
import Testing
import VisionSub

/// Vision runs as a program of one's own makes them.
@Suite struct VisionRunTests {
  private let folder = TemporaryFolder()
  private let settings = RunSettings(seed: 3, analyze: true)

  private func run(
    steps: Int, from: String? = nil, method: MethodChoice = MethodChoice(MaskSub.self)
  ) throws -> VisionRun {
    let recipe = try VisionRecipe.named("shapes-tiny").with([
      ("max_steps", "\(steps)"), ("batch_size", "8"), ("save_every", "2"), ("log_every", "1"), ("ema_decay", "0.9"),
      ("eval_batch_size", "80"),
    ])
    let data = try VisionData(Repository.file("datasets/shapes"))
    let model = try VisionRunModel(
      recipe, from: from.map { try VisionFolder($0) }, classNames: data.classNames, settings)
    return try VisionRun(recipe, on: data, model, method: method, settings)
  }

  private func weights(_ run: String, step: Int) throws -> [UInt8] {
    try TemporaryFolder.bytes(folder["\(run)/checkpoints/\(step)/ema.safetensors"])
  }

  @Test func `pixels that no patch sees are spoken of`() throws {
    func details(_ side: String) throws -> [String] {
      try VisionRunModel(VisionRecipe.named("shapes-tiny").with([("image_size", side)]), classNames: ["a"]).details
    }
    #expect(try details("36").isEmpty)
    #expect(
      try details("35") == [
        "image_size 35 is no multiple of the patches' 4: the last 3 rows and columns of pixels are not seen"
      ])
  }

  @Test func `a run trains, goes on, and is evaluated as it was in training`() throws {
    var lines: [String] = []
    let summary = try run(steps: 4).train(to: folder["whole"], reporter: LineReporter { lines.append($0) }).summary
    #expect(lines[0].hasPrefix("shapes-tiny: vit_shapes_patch4_32, ") && lines[0].contains("method masksub"))
    #expect(lines.count == 6 && lines.last?.hasPrefix("step 4/4, evaluation: top1 ") == true)
    try run(steps: 2).train(to: folder["parts"])
    try run(steps: 4).train(to: folder["parts"], resuming: true)
    #expect(try weights("parts", step: 4) == weights("whole", step: 4))
    #expect(throws: InputError.self) {
      try run(steps: 6, method: MethodChoice(Baseline())).train(to: folder["parts"], resuming: true)
    }

    let trained = try VisionFolder(folder["whole"])
    let images = try VisionData.evaluation(
      Repository.file("datasets/shapes"), classNames: trained.classNames)
    let evaluation = try VisionEvaluation(trained, on: images, settings)()
    #expect(evaluation.metrics.map(\.value) == summary.metrics.map(\.value) && evaluation.metrics[0].name == "top1")
  }

  @Test(arguments: [["mixup=0.8"], ["cutmix=0", "mixup=0"]])
  func `ranks make the run and the figures of one process`(_ mixing: [String]) throws {
    let path = folder.path
    let train: @Sendable (any Communicator) throws -> RunOutcome = { ranks in
      var settings = RunSettings(seed: 3, workers: 1, analyze: true)
      settings.ranks = ranks
      let chosen = mixing.map { $0.split(separator: "=").map(String.init) }.map { (key: $0[0], value: $0[1]) }
      let recipe = try VisionRecipe.named("shapes-tiny").with(
        chosen + [("max_steps", "3"), ("batch_size", "6"), ("eval_batch_size", "81"), ("log_every", "1")])
      let data = try VisionData(Repository.file("datasets/shapes"))
      let model = try VisionRunModel(recipe, classNames: data.classNames, settings)
      let result = try VisionRun(
        recipe, on: data, model, classWeights: mixing.count == 1 ? nil : .given([1, 2, 1, 3, 1, 1, 2, 1]), settings
      ).train(to: "\(path)/\(mixing.count)-\(ranks.count)")
      return try RunOutcome(result.folder.path, figures: result.summary.metrics.map(\.value))
    }
    let one = try train(SingleProcess())
    for outcome in try ThreadRanks.run(3, train) {
      #expect(outcome.agrees(with: one), "\(outcome) \(one)")
    }
    let error = #expect(throws: InputError.self) { try ThreadRanks.run(4, train) }
    #expect(error?.what.contains("4 ranks do not divide a batch of 6") == true)
  }

  @Test(arguments: ["train", "val"]) func `pictures that ranks cannot read are counted once, all against the limit`(
    _ part: String
  ) throws {
    // Training mixes, so that both ranks make every picture, of which each finds another one broken. Of a batch to evaluate
    // on either has a half.
    let (path, names) = (folder.path, ["a/0", "a/1", "a/2", "a/3", "b/0", "b/1", "b/2", "b/3"])
    for (rank, own) in ["train", "val"].flatMap({ [(0, $0), (1, $0)] }) {
      let broken: Set<Int> = own != part ? [] : own == "train" ? [rank] : [1, 6]
      for name in ["a", "b"] { try FileSystem.makeFolder("\(path)/\(rank)/\(own)/\(name)") }
      for (place, name) in names.enumerated() {
        let pixels = [UInt8](repeating: UInt8(20 * place), count: 3 * 32 * 32)
        try AtomicFile.write(
          broken.contains(place) ? [1, 2, 3] : RGBImage(width: 32, height: 32, pixels: pixels).pngData(),
          to: "\(path)/\(rank)/\(own)/\(name).png")
      }
    }
    let train: @Sendable (any Communicator, Int) throws -> [String] = { ranks, limit in
      var settings = RunSettings(seed: 3, workers: 1)
      settings.ranks = ranks
      let recipe = try VisionRecipe.named("shapes-tiny").with([
        ("mixup", "0.8"), ("max_steps", "6"), ("save_every", "2"), ("batch_size", "4"), ("eval_batch_size", "8"),
        ("evaluate_every", "100"),
      ])
      let data = try VisionData("\(path)/\(ranks.rank)")
      let model = try VisionRunModel(recipe, classNames: data.classNames, settings)
      var lines: [String] = []
      try VisionRun(recipe, on: data, model, settings, maxBroken: limit)
        .train(to: "\(path)/run-\(limit)", reporter: LineReporter { lines.append($0) })
      return lines
    }
    let said = "unreadable pictures, \(part == "train" ? "passed over" : "not counted"): "
    for lines in try ThreadRanks.run(2, { try train($0, 2) }) {
      #expect(lines.filter { $0.hasPrefix("unreadable") } == [said + "2"], "\(lines)")
    }
    let error = #expect(throws: InputError.self) { try ThreadRanks.run(2) { try train($0, 1) } }
    #expect(error?.what.hasPrefix("more than 1 pictures are broken") == true && error?.place.contains(part) == true)
  }

  @Test(arguments: [("shapes-tiny", false), ("resnet-shapes", false), ("resnet-shapes", true)])
  func `a run that other ranks go on with says what differs`(_ name: String, joins: Bool) throws {
    let path = folder["run"]
    let train: @Sendable (any Communicator, Int) throws -> [String] = { ranks, steps in
      var settings = RunSettings(seed: 3, workers: 1)
      settings.ranks = ranks
      let recipe = try VisionRecipe.named(name).with([
        ("max_steps", "\(steps)"), ("batch_size", "8"), ("sync_bn", "\(joins)"), ("eval_batch_size", "80"),
      ])
      let data = try VisionData(Repository.file("datasets/shapes"))
      let model = try VisionRunModel(recipe, classNames: data.classNames, settings)
      var lines: [String] = []
      try VisionRun(recipe, on: data, model, settings)
        .train(to: path, resuming: steps > 1, reporter: LineReporter { lines.append($0) })
      return lines
    }
    _ = try train(SingleProcess(), 1)
    let lines = try ThreadRanks.run(2) { try train($0, 2) }[0]
    let isOther = name == "resnet-shapes" && !joins
    let rest = isOther ? "batch-norm has the statistics of other samples" : "last bits differ"
    #expect(lines.contains("goes on with 2 ranks, begun with 1: \(rest) from here on"), "\(lines)")
  }

  @Test func `weights go on with a method of one's own`() throws {
    try run(steps: 1).train(to: folder["first"])
    let next = try run(steps: 3, from: folder["first"], method: MethodChoice(Halves()))
    #expect(next.command == "finetune" && next.details[0].contains("loaded"))
    let before = try next.evaluate()
    let summary = try next.train(to: folder["second"]).summary
    #expect(summary.method == "halves" && summary.metrics.count == before.metrics.count)
    #expect(try next.evaluate().loss != before.loss)
  }
}

/// Each half of the coordinates by the label.
private struct Halves: Method {
  static let name = "halves"
  static let ratio: MethodRatio? = nil
  init(_ settings: MethodSettings = MethodSettings()) {}
  var numbers: [(name: String, value: Double)] { [] }

  func train<Task>(_ step: Step<Task>) {
    for branch in 0..<2 {
      let output = step.branch(branch) { $0.masking = Masking(ratio: 0.5) }
      step.backward(.main(step.loss(output), weight: 0.5))
    }
  }
}
