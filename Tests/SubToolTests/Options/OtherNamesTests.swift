import SubCore
import SubNN
import SubTrain
import Testing
import TextSub

@testable import SubTool

/// What other tools' options and values are here.
@Suite struct OtherNamesTests {
  @Test func `every name leads to an option, and its value is one`() {
    let commands = Tool.commands.map { (name: $0.name, form: CommandForm(of: $0.init())) }
    let all = Set(commands.flatMap { $0.form.options.map(\.spelling) })
    for spelling in OtherNames.spellings(of: all) {
      // Ours go before, so a name that every command has itself would never be looked up.
      #expect(!commands.allSatisfy { $0.form.option(spelling) != nil }, "\(spelling)")
      #expect(OtherNames.dashed(spelling) == spelling)
    }
    for (spelling, meaning) in OtherNames.table.merging(OtherNames.families, uniquingKeysWith: { $1 }) {
      for name in meaning.options { #expect(all.contains(name), "\(spelling) is \(name)") }
      switch meaning {
      case .value(let name, let value):
        let option = commands.lazy.compactMap { $0.form.option(name) }.first
        #expect(option != nil && option?.accept(value, asDefault: false) == nil, "\(spelling) is \(name) \(value)")
      case .sameIn(let command, let name, else: let cure):
        #expect(commands.first { $0.name == command }?.form.option(name) != nil && !cure.isEmpty, "\(spelling)")
      case .already(let values, else: let cure, of: let name, butIn: let command):
        #expect(!values.isEmpty && !cure.isEmpty, "\(spelling)")
        #expect(name.map(all.contains) ?? true, "\(spelling)")
        #expect(command.map { name in commands.contains { $0.name == name } } ?? true, "\(spelling)")
      case .same(let names, else: let cure): #expect(!names.isEmpty && cure?.isEmpty != true, "\(spelling)")
      case .refused(let cure), .refusedYes(let cure): #expect(!cure.isEmpty, "\(spelling)")
      case .perRank, .side: continue
      }
    }
  }

  @Test func `words of other tools are values here`() {
    let forms = Tool.commands.map { CommandForm(of: $0.init()) }
    func check(_ name: String, _ value: String) {
      let options = forms.compactMap { $0.option(name) }
      #expect(options.contains { $0.accept(value, asDefault: false) == nil }, "\(name) \(value)")
    }
    for (spelling, words) in OtherNames.words {
      let names = OtherNames.table[spelling]?.options ?? [spelling]
      for word in words.values {
        switch word {
        case .value(let value): check(names[0], value)
        case .with(let value, let others, only: _):
          check(names[0], value)
          for (name, value) in others { check(name, value) }
        case .refused(let cure): #expect(!cure.isEmpty)
        }
      }
    }
  }

  @Test(arguments: [
    ("train", OtherPrograms.timm), ("finetune", OtherPrograms.timm), ("clip-pretrain", OtherPrograms.openClip),
    ("glue", OtherPrograms.transformers),
  ]) func `no option of the other programs is passed over, or taken for another one`(
    _ command: String, _ names: [String]
  ) throws {
    #expect(names.count > 80)
    let type = try CommandParser.command(named: command, among: Tool.commands)
    for name in names {
      let isKnown = CommandForm(of: type.init()).named(name) != nil || OtherNames.meaning(of: name) != nil
      #expect(isKnown, "\(name)")
      do { _ = try CommandParser(type).parse([name, "1"]) } catch {
        #expect(!"\(error)".contains("did you mean '--") && !"\(error)".contains("see masksub"), "\(error)")
      }
    }
  }

  /// The options of a command line by our names.
  private func line(_ arguments: String...) throws -> [String] {
    let type = try CommandParser.command(named: arguments[0], among: Tool.commands)
    return CommandForm(of: try CommandParser(type).parse(Array(arguments.dropFirst()))).line
  }

  @Test func `a yes or no may have its value, and no is as if it were not written`() throws {
    #expect(
      try line(
        "glue", "--bf16=False", "--gradient_checkpointing", "false", "--do_predict=0", "--fp16", "No",
        "--pad_to_max_length=False", "--lr=1") == ["--lr=1"])
    #expect(
      try line("glue", "--bf16", "True", "--do_predict=yes", "--gradient_checkpointing", "--lr", "1")
        == ["--predict", "--lr=1", "--recompute=true", "--precision=bf16"])
    #expect(try line("train", "--sync-bn=True", "--exif", "0") == ["--sync-bn=true", "--exif=false"])
    #expect(try line("clip-pretrain", "--force-quick-gelu", "1") == ["--activation=quick_gelu"])
    #expect(throws: InputError.self) { try line("glue", "--fp16", "True") }
    #expect(throws: InputError.self) { try line("glue", "--bf16=maybe") }
    #expect(throws: InputError.self) { try line("glue", "--bf16", "maybe") }
  }

  @Test func `another tool's optimizer has its momentum, unless the line gives one`() throws {
    #expect(try line("glue", "--optim", "sgd") == ["--optimizer=sgd", "--momentum=0"])
    #expect(try line("glue", "--optim=sgd", "--momentum", "0.5") == ["--optimizer=sgd", "--momentum=0.5"])
    #expect(try line("glue", "--optim=sgd", "--set", "momentum=0.5") == ["--set=momentum=0.5", "--optimizer=sgd"])
    #expect(try line("train", "--opt", "sgd") == ["--optimizer=sgd", "--nesterov=true"])
    #expect(try line("train", "--opt", "lamb", "--opt-eps", "1e-8") == ["--optimizer=lamb", "--epsilon=1e-8"])
    #expect(try line("train", "--optimizer", "sgd") == ["--optimizer=sgd"])
    for name in ["adamw_torch_fused", "adamw_torch", "adamw_hf"] {
      #expect(try line("glue", "--optim", name) == ["--optimizer=adamw"])
    }
    let compare = try CommandParser(CompareCommand.self).parse(["glue", "--optim", "sgd", "--task=cola"])
    #expect((compare as? CompareCommand)?.inner.arguments == ["--optimizer=sgd", "--task=cola", "--momentum=0"])
  }

  @Test func `transformers' constant has no warmup`() throws {
    let constant = ["--schedule=constant", "--warmup-epochs=0", "--warmup-steps=0", "--warmup-ratio=0"]
    #expect(try line("glue", "--lr_scheduler_type", "constant") == constant)
    let settings = constant.map { text in
      let parts = text.dropFirst(2).split(separator: "=").map { String($0).replacing("-", with: "_") }
      return (key: parts[0] == "schedule" ? "schedule.form" : parts[0], value: parts[1])
    }
    #expect(try GLUERecipe.fromScratch.with(settings).schedule.warmup == .epochs(0))
    #expect(
      try line("glue", "--lr_scheduler_type", "constant_with_warmup", "--warmup_steps", "5")
        == ["--schedule=constant", "--warmup-steps=5"])
    #expect(try line("glue", "--schedule=constant", "--warmup-steps=5") == ["--schedule=constant", "--warmup-steps=5"])
    for words in [["--warmup_steps", "5"], ["--set", "warmup_ratio=0.1"]] {
      let run = ToolRun(arguments: ["glue", "--lr_scheduler_type", "constant"] + words)
      #expect(run.code == 2 && run.error.contains("give constant_with_warmup"), "\(run.error)")
    }
  }

  @Test func `open_clip's const is what its cure says`() {
    let (peak, warmup) = (5e-4, 8)
    let const = Schedule(.updateEarly, peak: peak, warmup: warmup, total: 100)
    let said = Schedule(.constant, peak: peak, warmupRate: peak / Double(warmup), warmup: warmup - 1, total: 100)
    for step in 0..<warmup { #expect(abs(said.rate(at: step) - const.rate(at: step)) < 1e-12) }
    #expect(said.rate(at: 50) == peak)
  }

  @Test func `a batch of each rank is not taken for that of all`() throws {
    #expect(try line("glue", "--per_device_train_batch_size", "4") == ["--batch-size=4"])
    let run = ToolRun("glue", "--per_device_train_batch_size", "4", "--ranks", "2")
    #expect(run.code == 2 && run.error.contains("--per_device_train_batch_size 4 counts for each of 2 ranks"))
    #expect(run.error.contains("give --batch-size 8"), "\(run.error)")
  }

  @Test func `what is so anyway is taken where it is told`() throws {
    #expect(
      try line(
        "train", "--mixup-mode", "batch", "--remode=pixel", "--cooldown-epochs", "0", "--drop", "0.0", "--in-chans=3")
        == [])
    #expect(try line("finetune", "--crop-ratio", "0.9") == ["--eval-crop-ratio=0.9"])
    #expect(try line("eval", "--from=x", "--eval-crop-ratio=1") == ["--from=x", "--crop-ratio=1"])
    #expect(try line("clip-pretrain", "--force-image-size", "192", "192") == ["--image-size=192"])
    #expect(try line("zero-shot", "--from=x", "--image-resize-mode=shortest") == ["--from=x", "--crop-mode=center"])
  }

  @Test(arguments: [
    (["glue", "--label_smoothing_factor", "0.1"], "labels of texts are not smoothed"),
    (["glue", "--max_train_samples", "100"], "--shots K"), (["glue", "--metric_for_best_model", "f1"], "--keep-best"),
    (["glue", "--do_eval"], "masksub eval"), (["glue", "--do_train=False"], "masksub eval"),
    (["glue", "--test_file", "x.csv"], "masksub predict"), (["glue", "--do_regression"], "--problem regression"),
    (["glue", "--reprob", "0.1"], "leave it out; finetune, train, preview have --erasing"),
    (["clip-pretrain", "--precision", "amp"], "give bf16, which is open_clip's amp_bf16 here"),
    (["clip-pretrain", "--lr-scheduler", "const"], "--warmup-steps W-1 --warmup-lr LR/W"),
    (["clip-pretrain", "--skip-scheduler"], "--schedule constant --warmup-steps 0"),
    (["clip-pretrain", "--force-patch-dropout", "0.5"], "--method masking --ratio X"),
    (["clip-pretrain", "--image-mean", "0.5"], "preprocess_cfg"),
    (["clip-pretrain", "--wandb-notes", "x"], "metrics.jsonl"), (["clip-pretrain", "--dist-url", "x"], "--ranks N"),
    (["train", "--cooldown-epochs", "10"], "a run ends with its schedule"),
    (["train", "--drop", "0.1"], "--drop-path X"),
    (["train", "--initial-checkpoint", "x"], "masksub finetune --from FILE"),
    (["train", "--model-ema"], "give --ema-decay X alone"), (["train", "--mean", "0.5", "0.5", "0.5"], "by commas"),
  ]) func `what has no counterpart has a cure`(_ arguments: [String], _ cure: String) {
    let run = ToolRun(arguments: arguments)
    #expect(run.code == 2 && run.error.contains(cure), "\(run.error)")
  }
}
