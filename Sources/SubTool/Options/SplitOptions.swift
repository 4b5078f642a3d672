import SubData

/// Which samples are trained on, and how much they count.
struct SplitOptions: OptionGroup {
  static let title = "Samples"
  @Option(
    "--validation-fraction", in: 0...0.9, default: "0.1 of a text table without --validation, else 0",
    "the share of training samples that is held out for evaluation, class by class")
  var fraction: Double?
  @Option("--split-seed", "decides which samples are held out and which shots are taken, whatever --seed is")
  var seed = 0
  @Option(
    "--shots", value: "K", in: 1...1_000_000, default: "all", "trains on K samples of each class, chosen at random")
  var shots: Int?
  @Option(
    "--class-weights", value: "W,W,…", default: "all alike",
    "the weight of each class in the loss, in order; balanced: inverse to its number of samples")
  var weights: ClassWeights?

  /// The split.
  func split(standard: Double) -> SampleSplit { SampleSplit(fraction: fraction ?? standard, seed: seed, shots: shots) }
}

extension SampleSplit {
  /// As a run's configuration holds it.
  var json: JSON.Object {
    [
      "validation_fraction": .number(fraction), "split_seed": .integer(Int64(seed)),
      "shots": shots.map { .integer(Int64($0)) } ?? .null,
    ]
  }

  /// Back from there.
  init(run json: JSON) {
    self.init(
      fraction: json["validation_fraction"]?.double ?? 0, seed: json["split_seed"]?.int ?? 0,
      shots: json["shots"]?.int)
  }
}

extension ClassWeights: OptionValue {
  static var placeholder: String { "W,W,…" }
  static var expectation: String { "balanced, or a number of 0 or more for every class, joined by commas" }
  static func parse(_ text: String, after previous: ClassWeights?) -> ClassWeights? {
    if text == "balanced" { return .balanced }
    let values = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double.parse(String($0), after: nil)
    }
    guard values.allSatisfy({ ($0 ?? -1) >= 0 }) else { return nil }
    return .given(values.compactMap(\.self))
  }
  var defaultText: String? { nil }
}
