/// What options are called in timm (and the code of DeiT, MAE, BEiT and Swin), open_clip and transformers' `run_glue`, and
/// what they are here. Underscores count as dashes.
enum OtherNames {
  /// What another tool's option is here.
  enum Meaning {
    /// The first of these options that the command has.
    case same([String])
    /// An option with this value: a flag there.
    case value(String, String)
    /// Nothing; what does the same, or why nothing is needed.
    case refused(String)
    /// The same in this command, none in others.
    case sameIn(String, String, else: String)
    /// With this value what an option is anyway, in commands that have it, but for one; with another, what does the same.
    case already(String, of: String, butIn: String, else: String)
    /// An option for one number, the side of a square, where there are three: channels, height and width.
    case side(String)
  }

  /// What a spelling means; nil: nothing known.
  static func meaning(of spelling: String) -> Meaning? { table[dashed(spelling)] }

  /// A spelling with dashes in place of underscores.
  static func dashed(_ spelling: String) -> String {
    spelling.hasPrefix("--") ? spelling.replacing("_", with: "-") : spelling
  }

  /// An option's value as it is called here.
  static func value(_ text: String, of option: String) -> String { values[option]?[text.lowercased()] ?? text }

  /// Every spelling that leads to one of these options, for suggestions.
  static func spellings(of options: Set<String>) -> [String] {
    table.filter { entry in
      switch entry.value {
      case .same(let names): names.contains(where: options.contains)
      case .value(let name, _), .sameIn(_, let name, else: _), .side(let name): options.contains(name)
      case .refused, .already: false
      }
    }.keys.sorted()
  }

  static let values: [String: [String: String]] = [
    "--precision": [
      "amp_bf16": "bf16", "amp_bfloat16": "bf16", "bfloat16": "bf16", "float32": "fp32", "f32": "fp32", "no": "fp32",
    ],
    "--optimizer": [
      "fusedlamb": "lamb", "adamw_torch": "adamw", "fusedadamw": "adamw", "momentum": "sgd",
    ],
    "--activation": ["quickgelu": "quick_gelu"],
    "--schedule": ["constant_with_warmup": "constant"],
    "--policy": ["3a": "three-augment"],
  ]

  private static let parts =
    "here --batch-size counts all samples of an update, and --accumulation in how many parts they come: "
    + "give --batch-size B×N --accumulation N"
  private static let originalSchedule =
    "leave it out; a recipe keeps its original's own schedule (--schedule gives it another; its cosine is transformers')"
  private static let always = "leave it out; it is always so here"
  private static let needless = "leave it out; there is nothing of the kind to choose here"

  static let table: [String: Meaning] = [
    // Rates and optimizers.
    "--learning-rate": .same(["--lr"]), "--wd": .same(["--weight-decay"]), "--opt": .same(["--optimizer"]),
    "--optim": .same(["--optimizer"]), "--opt-eps": .same(["--epsilon"]), "--eps": .same(["--epsilon"]),
    "--adam-epsilon": .same(["--epsilon"]), "--adam-beta1": .same(["--beta1"]), "--adam-beta2": .same(["--beta2"]),
    "--opt-betas": .refused("give --beta1 X --beta2 Y"), "--betas": .refused("give --beta1 X --beta2 Y"),
    "--clip-grad": .same(["--clip-norm"]), "--max-grad-norm": .same(["--clip-norm"]),
    "--grad-clip-norm": .same(["--clip-norm"]), "--grad-clip": .same(["--clip-norm"]),
    "--blr": .refused("give --lr, which is blr × batch / 256"),
    "--lr-base": .refused("give --lr itself, or --scale-lr"),
    "--unscale-lr": .refused("leave it out; the rate is not scaled unless --scale-lr is given"),
    "--sched": .already("cosine", of: "--schedule", butIn: "glue", else: originalSchedule),
    "--lr-scheduler": .already("cosine", of: "--schedule", butIn: "glue", else: originalSchedule),
    "--lr-scheduler-type": .same(["--schedule"]), "--num-train-epochs": .same(["--epochs"]),
    "--warmup": .same(["--warmup-steps"]), "--min-learning-rate": .same(["--min-lr"]),
    "--layer-decay-rate": .same(["--layer-decay"]), "--drop-path-rate": .same(["--drop-path"]),
    "--model-ema-decay": .same(["--ema-decay"]), "--model-ema": .refused("give --ema-decay X, 0.9999 for instance"),
    // Batches.
    "-b": .same(["--batch-size"]), "--batch": .same(["--batch-size"]), "--batchsize": .same(["--batch-size"]),
    "--per-device-train-batch-size": .same(["--batch-size"]), "--train-batch-size": .same(["--batch-size"]),
    "--per-gpu-train-batch-size": .same(["--batch-size"]), "--per-device-eval-batch-size": .same(["--eval-batch-size"]),
    "--per-gpu-eval-batch-size": .same(["--eval-batch-size"]), "--validation-batch-size": .same(["--eval-batch-size"]),
    "-vb": .same(["--eval-batch-size"]),
    "--gradient-accumulation-steps": .sameIn("glue", "--accumulation", else: parts),
    "--grad-accum-steps": .sameIn("glue", "--accumulation", else: parts),
    "--accum-freq": .sameIn("glue", "--accumulation", else: parts),
    "--accum-iter": .sameIn("glue", "--accumulation", else: parts),
    "--update-freq": .sameIn("glue", "--accumulation", else: parts),
    "--accumulation-steps": .sameIn("glue", "--accumulation", else: parts),
    "--train-num-samples": .same(["--samples-per-epoch"]), "--dataset-resampled": .value("--resamples", "true"),
    // Data.
    "--train-data": .same(["--data"]), "--data-dir": .same(["--data"]), "--data-path": .same(["--data"]),
    "--dataset-path": .same(["--data"]), "--train-file": .same(["--data"]),
    "--val-data": .same(["--val", "--validation"]),
    "--imagenet-val": .same(["--val", "--data"]), "--val": .same(["--validation"]), "--validation": .same(["--val"]),
    "--validation-file": .same(["--validation", "--val"]), "--eval-data-path": .same(["--validation", "--val"]),
    "-j": .same(["--workers"]), "--num-workers": .same(["--workers"]), "--dataloader-num-workers": .same(["--workers"]),
    "--task-name": .same(["--task"]), "--dataset-name": .refused("give --data DIR; nothing is downloaded"),
    "--dataset": .refused("give --data DIR; what lies there tells what it is"),
    "--dataset-type": .refused("leave it out; --data tells what it is"),
    "--num-classes": .refused("leave it out; the data tells"), "--nb-classes": .refused("leave it out; the data tells"),
    "--max-seq-length": .same(["--max-length"]), "--max-seq-len": .same(["--max-length"]),
    "--pad-to-max-length": .refused("leave it out; nothing is padded here"),
    // Images.
    "--img-size": .same(["--image-size"]), "--input-size": .side("--image-size"),
    "--crop-pct": .same(["--eval-crop-ratio", "--crop-ratio"]), "--std": .same(["--deviation"]),
    "--aa": .same(["--policy"]), "--auto-augment": .same(["--policy"]),
    "--color-jitter-factor": .same(["--color-jitter"]),
    "--hflip": .same(["--flip"]), "--reprob": .same(["--erasing"]), "--mixup-prob": .same(["--mix-probability"]),
    "--mixup-switch-prob": .same(["--switch-probability"]), "--train-interpolation": .same(["--interpolation"]),
    "--aug-repeats": .same(["--repeats"]), "--repeated-aug": .refused("give --repeats 3"),
    "--three-augment": .value("--policy", "three-augment"), "--bce-loss": .value("--loss", "bce"),
    "--label-smoothing": .same(["--smoothing"]), "--global-pool": .same(["--readout"]),
    "--cls-token": .value("--readout", "token"), "--mask-ratio": .same(["--ratio"]),
    // Models and weights.
    "--model": .same(["--from"]), "--image-size": .refused("the model decides it: choose another one"),
    "--model-name-or-path": .same(["--from"]), "--finetune": .same(["--from"]),
    "--initial-checkpoint": .same(["--from"]),
    "--pretrained": .refused("give --from FILE; weights are not downloaded"),
    "--tokenizer-name": .refused("put the tokenizer beside the weights that --from names"),
    "--config-name": .refused("put config.json beside the weights that --from names"),
    "--force-quick-gelu": .value("--activation", "quick_gelu"), "--use-ema": .value("--weights", "ema"),
    // Runs.
    "--output-dir": .same(["--output"]), "--logs": .refused("give --output DIR, the folder of this run"),
    "--name": .refused("give --output DIR"), "--experiment": .refused("give --output DIR"),
    "--resume-from-checkpoint": .same(["--resume"]), "--save-total-limit": .same(["--keep"]),
    "--checkpoint-hist": .same(["--keep"]),
    "--overwrite-output-dir": .refused("remove the folder, or name another --output"),
    "--load-best-model-at-end": .refused("give --keep-best; RUN/best is a model as RUN is"),
    "--early-stopping-patience": .same(["--patience"]), "--eval-steps": .same(["--evaluate-every"]),
    "--save-steps": .same(["--save-every"]), "--logging-steps": .same(["--log-every"]),
    "--log-interval": .same(["--log-every"]), "--log-every-n-steps": .same(["--log-every"]),
    "--eval-strategy": .refused("give --evaluate-every N; it is every epoch otherwise"),
    "--evaluation-strategy": .refused("give --evaluate-every N; it is every epoch otherwise"),
    "--save-strategy": .refused("give --save-every N; it is every epoch otherwise"),
    "--save-frequency": .refused("give --save-every N, in updates; it is every epoch otherwise"),
    "--val-frequency": .refused("give --evaluate-every N, in updates; it is every epoch otherwise"),
    "--zeroshot-frequency": .refused("give --evaluate-every N, in updates; it is every epoch otherwise"),
    "--report-to": .refused("leave it out; TensorBoard's files and metrics.jsonl are always written"),
    "--do-train": .refused(always), "--do-eval": .refused(always), "--do-predict": .value("--predict", ""),
    // Machines.
    "--bf16": .value("--precision", "bf16"), "--fp16": .refused("give --precision bf16"),
    "--amp": .refused("give --precision bf16"), "--amp-dtype": .refused("give --precision bf16"),
    "--num-threads": .same(["--threads"]), "--torchcompile": .refused(needless), "--compile": .refused(needless),
    "--pin-mem": .refused(needless), "--no-prefetcher": .refused(needless), "--channels-last": .refused(needless),
    "--use-cpu": .refused(needless), "--no-cuda": .refused(needless),
    "--dist-bn": .refused("leave it out; running statistics are the mean of all ranks'"),
    "--grad-checkpointing": .value("--recompute", "true"),
    "--gradient-checkpointing": .value("--recompute", "true"), "--local-loss": .refused(needless),
    "--gather-with-grad": .refused(needless), "--world-size": .refused(needless), "--local-rank": .refused(needless),
    "--distributed": .refused(needless), "--dist-eval": .refused(needless),
  ]
}
