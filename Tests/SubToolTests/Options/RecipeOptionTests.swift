import ClipSub
import SubCore
import SubData
import SubTrain
import Testing
import TextSub
import VisionSub

@testable import SubTool

/// Hyper-parameters as options of their own, and the names that other tools give them.
@Suite struct RecipeOptionTests {
  private static let training: [any Command.Type] = [
    GlueCommand.self, TrainCommand.self, FinetuneCommand.self, ClipPretrainCommand.self,
  ]

  private func spellings(_ type: any Command.Type) -> Set<String> {
    Set(CommandForm(of: type.init()).options.map(\.spelling))
  }

  @Test func `every field of every recipe has an option`() {
    let usual: Set = ["--lr", "--epochs", "--batch-size", "--weight-decay", "--warmup-epochs", "--warmup-steps"]
    for type in Self.training { #expect(usual.isSubset(of: spellings(type)), "\(type.name)") }
    #expect(
      Set(["--model", "--image-size", "--drop-path", "--layer-decay"]).isSubset(of: spellings(TrainCommand.self)))
    // Options and --set, nothing more: each field but the method's ratio, whose option the method has.
    func count<Kind: Recipe>(_ kind: Kind.Type) {
      let fields = RecipeOptions<Kind>().groups.flatMap(\.options).count - 2
      #expect(fields == Kind.table.rows.count - 1, "\(kind)")
    }
    count(VisionRecipe.self)
    count(GLUERecipe.self)
    count(ClipRecipe.self)
  }

  /// The recipe that options make, as a command does it.
  private func recipe<Kind: Recipe>(
    _ base: Kind, _ options: [(String, String)], note: (String) -> Void = { _ in }
  ) throws -> Kind {
    let group = RecipeOptions<Kind>()
    for (spelling, value) in options {
      let option = try #require(group.groups.flatMap(\.options).first { $0.spelling == spelling }, "\(spelling)")
      #expect(option.accept(value, asDefault: false) == nil, "\(spelling) \(value)")
    }
    return try base.with(group.given(), note: note)
  }

  @Test func `an option does what --set does`() throws {
    let base = try VisionRecipe.named("deit3-s-400")
    let made = try recipe(
      base,
      [
        ("--lr", "1e-3"), ("--optimizer", "AdamW"), ("--schedule", "cosine"), ("--epochs", "10.0"), ("--exif", "true"),
        ("--loss", "ce"), ("--set", "model.drop_path=0.2"), ("--set", "layer_decay=0.5"),
      ])
    #expect(
      try made
        == base.with([
          ("lr", "1e-3"), ("optimizer.name", "adamw"), ("schedule.form", "cosine"), ("epochs", "10"), ("exif", "true"),
          ("loss.name", "ce"), ("drop_path", "0.2"), ("layer_decay", "0.5"),
        ]))
    // Keys may be other tools' too, and a field is said once.
    #expect(try recipe(base, [("--set", "learning_rate=2")]).optimizer.lr == 2)
    #expect(throws: InputError.self) { try recipe(base, [("--lr", "1"), ("--set", "optimizer.lr=1")]) }
    #expect(throws: InputError.self) { try recipe(base, [("--lr", "1"), ("--set", "learning_rate=1")]) }
    #expect(throws: InputError.self) { try recipe(base, [("--set", "lerning_rate=2")]) }
  }

  @Test(arguments: [
    (["glue", "--task", "kola"], "did you mean 'cola'?"),
    (["glue", "--task", "cola", "--lr", "fast"], "--lr cannot be 'fast' (masksub glue): give a number of 0 or more"),
    (["train", "--batch-size", "0"], "give a whole number from 1"),
    (["train", "--optimizer", "adamm"], "did you mean 'adamw'?"),
    (["train", "--model", "vit_tiny_patch16_22"], "did you mean 'vit_tiny_patch16_224'?"),
    (["train", "--wieght-decay", "1"], "did you mean '--weight-decay'?"),
    (["train", "--learning_rat", "1"], "did you mean '--learning-rate'?"),
    (["train", "--method", "maskub"], "did you mean 'masksub'?"),
    (["glue", "--task", "cola", "--drop-path", "0.1"], "leave it out; finetune, train have it"),
    (["train", "--grad-accum-steps", "4"], "give --batch-size B×N --accumulation N"),
    (["clip-pretrain", "--accum-freq=4"], "give --batch-size B×N --accumulation N"),
    (["train", "--amp"], "--amp has no counterpart here (masksub train): give --precision bf16"),
    (["glue", "--do_train"], "--do_train has no counterpart here (masksub glue): leave it out"),
  ]) func `what is not understood has a cure`(_ arguments: [String], _ cure: String) {
    let run = ToolRun(arguments: arguments)
    #expect(run.code == 2 && run.error.contains(cure), "\(run.error)")
  }

  /// The options of a command line by our names.
  private func line(_ arguments: String...) throws -> [String] {
    let type = try CommandParser.command(named: arguments[0], among: Tool.commands)
    return CommandForm(of: try CommandParser(type).parse(Array(arguments.dropFirst()))).line
  }

  @Test func `command lines of other tools are understood`() throws {
    #expect(
      try line(
        "glue", "--model_name_or_path", "bert", "--task_name", "SST-2", "--max_seq_length", "128",
        "--per_device_train_batch_size", "32", "--learning_rate", "2e-5", "--num_train_epochs", "3.0", "--output_dir",
        "o", "--gradient_accumulation_steps", "2", "--weight-decay", "0.01", "--bf16", "--do_predict")
        == [
          "--task=SST-2", "--from=bert", "--predict", "--lr=2e-5", "--weight-decay=0.01", "--epochs=3.0",
          "--batch-size=32", "--accumulation=2", "--max-length=128", "--output=o", "--precision=bf16",
        ])
    #expect(
      try line(
        "train", "--model", "deit3_small_patch16_224", "--opt", "fusedlamb", "-b", "256", "--sched", "cosine",
        "--data-dir",
        "imagenet", "--reprob", "0.25", "--aa", "rand-m9", "--clip-grad", "1", "--bce-loss", "-j", "4", "--exif")
        == [
          "--data=imagenet", "--workers=4", "--model=deit3_small_patch16_224", "--optimizer=lamb", "--clip-norm=1",
          "--batch-size=256", "--exif=true", "--policy=rand-m9", "--erasing=0.25", "--loss=bce",
        ])
    #expect(
      try line(
        "clip-pretrain", "--train-data", "{0..9}.tar", "--precision", "amp_bf16", "--workers=2", "--warmup", "100",
        "--dataset-resampled", "--train-num-samples", "1000", "--wd", "0.2", "--imagenet-val", "v")
        == [
          "--data={0..9}.tar", "--val=v", "--workers=2", "--weight-decay=0.2", "--warmup-steps=100",
          "--samples-per-epoch=1000", "--resamples=true", "--precision=bf16",
        ])
  }

  /// timm's and open_clip's cosine is that of the recipes; ours of that name is transformers'.
  @Test func `another tool's cosine keeps a recipe's schedule, and nothing else does`() throws {
    #expect(try line("clip-pretrain", "--lr-scheduler=cosine", "--epochs", "2") == ["--epochs=2"])
    #expect(try line("glue", "--lr_scheduler_type", "cosine") == ["--schedule=cosine"])
    for words in [
      ["train", "--sched", "step"], ["train", "--sched"], ["glue", "--lr-scheduler", "cosine"],
      ["train", "--sched", "cosine", "--schedule", "constant"],
      ["train", "--set", "schedule.form=constant", "--sched=cosine"],
      ["compare", "train", "--sched", "cosine", "--schedule", "constant"],
    ] {
      #expect(throws: InputError.self) {
        try CommandParser(CommandParser.command(named: words[0], among: Tool.commands)).parse(Array(words.dropFirst()))
      }
    }
  }

  @Test func `timm's size of images is the side of a square`() throws {
    #expect(
      try line("train", "--input-size", "3", "192", "192", "--epochs", "2") == ["--epochs=2", "--image-size=192"])
    #expect(try line("train", "--input-size", "192") == ["--image-size=192"])
    for size in [["3", "192", "224"], ["1", "32", "32"]] {
      #expect(throws: InputError.self) { try CommandParser(TrainCommand.self).parse(["--input-size"] + size) }
    }
  }

  @Test func `a rate stays with another batch, and says what the linear rule makes of it`() throws {
    var notes: [String] = []
    let mae = try VisionRecipe.named("mae-b")
    let kept = try mae.with([("batch_size", "256")], scalesRate: false) { notes.append($0) }
    #expect(kept.optimizer.lr == mae.optimizer.lr)
    #expect(
      notes == [
        "an update has 256 samples, the recipe's 1024: lr stays 0.002; --scale-lr makes it 0.0005 "
          + "(the linear rule, blr × batch / 256 in MAE's code)"
      ])
    notes = []
    let scaled = try mae.with([("batch_size", "256")], scalesRate: true) { notes.append($0) }
    #expect(scaled.optimizer.lr == 0.0005 && notes.count == 1 && notes[0].contains("lr 0.002 becomes 0.0005"))
    notes = []
    _ = try mae.with([("batch_size", "256"), ("lr", "1e-3")], scalesRate: false) { notes.append($0) }
    _ = try mae.with([("epochs", "3")], scalesRate: false) { notes.append($0) }
    #expect(notes.isEmpty)
    // Swin's code scales all three of its rates.
    let swin = try VisionRecipe.named("swin-t")
    _ = try swin.with([("batch_size", "256")], scalesRate: false) { notes.append($0) }
    let rates = try swin.with([("batch_size", "256"), ("min_lr", "4e-6")], scalesRate: true) { notes.append($0) }
    #expect(
      notes == [
        "an update has 256 samples, the recipe's 1024: lr stays 0.001, warmup_lr stays 1e-06, min_lr stays 1e-05; "
          + "--scale-lr makes them 0.00025, 2.5e-07, 2.5e-06 (the linear rule, each × batch / 512 in Swin's code)",
        "--scale-lr: an update has 256 samples, the recipe's 1024: lr 0.001 becomes 0.00025, warmup_lr 1e-06 becomes "
          + "2.5e-07, min_lr 4e-06 becomes 1e-06 (the linear rule, each × batch / 512 in Swin's code)",
      ])
    #expect(rates.optimizer.lr == 2.5e-4 && rates.schedule.warmupLr == 2.5e-7 && rates.schedule.minLr == 1e-6)
    notes = []
    // A GLUE update has the sentences of all its batches.
    _ = try GLUERecipe(.cola).with([("batch_size", "16"), ("accumulation", "2")], scalesRate: false) {
      notes.append($0)
    }
    #expect(notes.isEmpty)
  }
}
