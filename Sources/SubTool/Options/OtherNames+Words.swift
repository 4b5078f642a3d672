extension OtherNames {
  private static let noFloat16 = "give bf16, which is open_clip's amp_bf16 here; there is no float16"
  private static let noWarmup = "give constant_with_warmup, or leave the warmup out: transformers' constant has none"

  /// Values by the option that they stand behind: another tool's, or ours by any name.
  static let words: [String: [String: Word]] = [
    "--precision": [
      "amp_bf16": .value("bf16"), "amp_bfloat16": .value("bf16"), "bfloat16": .value("bf16"), "no": .value("fp32"),
      "float32": .value("fp32"), "f32": .value("fp32"), "amp": .refused(noFloat16), "fp16": .refused(noFloat16),
      "float16": .refused(noFloat16), "pure_fp16": .refused(noFloat16),
      "pure_bf16": .refused("give bf16, which is open_clip's amp_bf16 here; weights and moments stay in f32"),
    ],
    "--optimizer": [
      "fusedlamb": .value("lamb"), "fusedadamw": .value("adamw"), "adamw_torch": .value("adamw"),
      "adamw_torch_fused": .value("adamw"), "adamw_hf": .value("adamw"), "adamw_apex_fused": .value("adamw"),
    ],
    // torch's SGD has no momentum unless it is told one; timm's has Nesterov's.
    "--optim": ["sgd": .with("sgd", ["--momentum": "0"])],
    "--opt": [
      "sgd": timmSGD, "nesterov": timmSGD, "timm/sgd": timmSGD, "momentum": .with("sgd", ["--nesterov": "false"]),
      "lamb": timmLAMB, "timm/lamb": timmLAMB, "timm/adamw": .value("adamw"),
    ],
    "--activation": ["quickgelu": .value("quick_gelu")],
    "--schedule": [
      "constant_with_warmup": .value("constant"), "cosine_with_min_lr": .refused("give cosine with --min-lr X"),
    ],
    "--lr-scheduler-type": [
      "constant": .with(
        "constant", ["--warmup-epochs": "0", "--warmup-steps": "0", "--warmup-ratio": "0"], only: noWarmup)
    ],
    "--policy": ["3a": .value("three-augment")],
    "--aug-repeats": ["0": .value("1"), "0.0": .value("1")],
    "--gp": ["avg": .value("pooled")], "--global-pool": ["avg": .value("pooled")],
    "--image-resize-mode": ["shortest": .value("center")],
  ]

  private static let timmSGD = Word.with("sgd", ["--nesterov": "true"])
  private static let timmLAMB = Word.with("lamb", ["--epsilon": "1e-6"])
}
