/// Which weights of a file are meant.
struct WeightKeyOptions: OptionGroup {
  static let title = "Weights"
  @Option var key: String?

  /// `others`: what else than PyTorch files may hold several.
  init(andOf others: String = "") {
    _key = Option(
      "--weights", value: "KEY", default: "the average where there is one",
      "which of several weights: a key of a PyTorch file (model, model_ema)\(others)")
  }
}
