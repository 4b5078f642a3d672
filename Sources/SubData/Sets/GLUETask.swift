/// The nine tasks of GLUE (Wang et al. 2019). The diagnostic set AX belongs to `mnli`, as its split `.diagnostic`.
public enum GLUETask: String, CaseIterable, Sendable {
  case cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli

  /// The name of the task and of its folder in the distribution.
  public var name: String {
    switch self {
    case .cola: "CoLA"
    case .sst2: "SST-2"
    case .mrpc: "MRPC"
    case .stsb: "STS-B"
    case .qqp: "QQP"
    case .mnli: "MNLI"
    case .qnli: "QNLI"
    case .rte: "RTE"
    case .wnli: "WNLI"
    }
  }

  /// Whether the model predicts a score (0 to 5) rather than a class.
  public var isRegression: Bool { self == .stsb }

  /// Rows of its training split.
  public var trainingSamples: Int {
    switch self {
    case .cola: 8551
    case .sst2: 67_349
    case .mrpc: 3668
    case .stsb: 5749
    case .qqp: 363_846
    case .mnli: 392_702
    case .qnli: 104_743
    case .rte: 2490
    case .wnli: 635
    }
  }

  /// Whether its inputs are pairs of texts.
  public var hasPairs: Bool { self != .cola && self != .sst2 }

  /// The classes by id, in the order of Hugging Face's datasets; empty for regression.
  public var labels: [String] {
    switch self {
    case .cola: ["unacceptable", "acceptable"]
    case .sst2: ["negative", "positive"]
    case .mrpc: ["not_equivalent", "equivalent"]
    case .stsb: []
    case .qqp: ["not_duplicate", "duplicate"]
    case .mnli: ["entailment", "neutral", "contradiction"]
    case .qnli, .rte: ["entailment", "not_entailment"]
    case .wnli: ["not_entailment", "entailment"]
    }
  }

  /// How the classes are written in the files and in a submission, by id; empty for regression.
  public var fileLabels: [String] {
    switch self {
    case .cola, .sst2, .mrpc, .qqp, .wnli: ["0", "1"]
    case .mnli, .qnli, .rte: labels
    case .stsb: []
    }
  }

  /// What `run_glue` reports.
  public var metrics: [TextMetric] {
    switch self {
    case .cola: [.matthews]
    case .sst2, .mnli, .qnli, .rte, .wnli: [.accuracy]
    case .mrpc, .qqp: [.accuracy, .f1, .combined]
    case .stsb: [.pearson, .spearman, .combined]
    }
  }

  /// The splits that have labels to evaluate on.
  public var evaluationSplits: [GLUESplit] { self == .mnli ? [.dev, .devMismatched] : [.dev] }

  /// The splits whose predictions GLUE's server wants.
  public var submissionSplits: [GLUESplit] { self == .mnli ? [.test, .testMismatched, .diagnostic] : [.test] }

  /// The files that may hold a split, relative to the task's folder; empty if the task has no such split.
  func files(of split: GLUESplit) -> [String] {
    switch (self, split) {
    case (_, .train): ["train.tsv"]
    case (.mnli, .dev): ["dev_matched.tsv"]
    case (.mnli, .devMismatched): ["dev_mismatched.tsv"]
    case (.mnli, .test): ["test_matched.tsv"]
    case (.mnli, .testMismatched): ["test_mismatched.tsv"]
    case (.mnli, .diagnostic):
      ["diagnostic.tsv", "AX.tsv", "../AX/AX.tsv", "../AX/diagnostic.tsv", "../diagnostic/diagnostic.tsv"]
    case (_, .dev): ["dev.tsv"]
    case (_, .test): ["test.tsv"]
    case (_, .devMismatched), (_, .testMismatched), (_, .diagnostic): []
    }
  }

  /// The header's names of the texts and, where the split has one, of the label.
  func columns(of split: GLUESplit) -> (texts: [String], label: String?) {
    let label: String =
      switch self {
      case .cola, .sst2, .qnli, .rte, .wnli: "label"
      case .mrpc: "Quality"
      case .stsb: "score"
      case .qqp: "is_duplicate"
      case .mnli: "gold_label"
      }
    let texts: [String] =
      switch self {
      case .cola, .sst2: ["sentence"]
      case .mrpc: ["#1 String", "#2 String"]
      case .qqp: ["question1", "question2"]
      case .qnli: ["question", "sentence"]
      case .stsb, .mnli, .rte, .wnli: ["sentence1", "sentence2"]
      }
    return (texts, split.isLabelled ? label : nil)
  }
}

/// A part of a GLUE task's data.
public enum GLUESplit: String, CaseIterable, Sendable {
  /// The training set.
  case train
  /// The development set; MNLI's matched one.
  case dev
  /// MNLI's mismatched development set.
  case devMismatched = "dev_mismatched"
  /// The test set, without labels; MNLI's matched one.
  case test
  /// MNLI's mismatched test set, without labels.
  case testMismatched = "test_mismatched"
  /// The diagnostic set AX, without labels, for a model trained on MNLI.
  case diagnostic

  /// Whether the split's file has labels.
  public var isLabelled: Bool { self == .train || self == .dev || self == .devMismatched }

  /// What Hugging Face appends to metric names on this split.
  public var metricSuffix: String { self == .devMismatched ? "_mm" : "" }
}
