/// The paper's analysis: ViT-B, 100 epochs.
extension Studies {
  private static let setting = "paper: ViT-B, 100 epochs at 224 pixels, ImageNet-1k"
  /// What the small pictures are.
  static let smallVit = "small: a ViT of 0.47 M weights, 10 epochs of 10,000 CIFAR-10 images"

  static let figure2 = Study(
    name: "figure-2",
    summary: "curves of baseline, masking and MaskSub: accuracy, losses, gradient norms of both branches",
    setting: "\(setting); \(smallVit)", metric: "top1",
    remarks: ["the figure prints no numbers: those beside it are Table A.5's"],
    rows: [
      .init(label: "baseline", number: "77.40±.20", paper: .analysis("baseline"), small: .vit("baseline")),
      .init(label: "masking 50%", number: "73.78±.08", paper: .analysis("masking"), small: .vit("masking")),
      .init(label: "MaskSub 50%", number: "79.36±.01", paper: .analysis("masksub"), small: .vit("masksub")),
    ])

  static let tableA5 = Study(
    name: "table-a5", aliases: ["table-a11"],
    summary: "masking, dropout and stochastic depth, alone and as a sub-branch: accuracy and losses",
    setting: "\(setting); \(smallVit)", metric: "top1", axis: "rate",
    remarks: [
      "alone: the harder input by the label, and nothing else; what is dropped of evaluated inputs here is masked"
    ],
    rows: [
      Study.Row(
        label: "original", number: "77.40±.20", others: losses("6.42", "-"), paper: .analysis("baseline"),
        small: .vit("baseline"))
    ] + hardships.map(alone) + hardships.map(asBranch))

  /// What makes inputs harder, and what came of it: accuracy, the losses of whole and of dropped inputs in thousandths.
  private struct Hardship {
    let kind, rate: String
    let alone, sub: (number: PaperNumber, whole: String, dropped: String)
  }

  private static let hardships = [
    Hardship(kind: "masking", rate: "0.25", alone: ("76.33±.28", "6.60", "6.96"), sub: ("79.02±.12", "5.89", "6.38")),
    Hardship(kind: "masking", rate: "0.5", alone: ("73.78±.08", "7.02", "7.77"), sub: ("79.36±.01", "5.81", "6.89")),
    Hardship(kind: "masking", rate: "0.75", alone: ("67.27±.25", "8.08", "9.27"), sub: ("79.16±.05", "5.84", "8.15")),
    Hardship(kind: "dropout", rate: "0.1", alone: ("76.09±.25", "6.60", "6.87"), sub: ("79.14±.15", "5.88", "6.32")),
    Hardship(kind: "dropout", rate: "0.2", alone: ("74.10±.22", "6.95", "7.34"), sub: ("79.10±.11", "5.82", "6.57")),
    Hardship(kind: "dropout", rate: "0.3", alone: ("71.62±.29", "8.34", "7.79"), sub: ("79.09±.15", "5.84", "6.90")),
    Hardship(kind: "drop-path", rate: "0.1", alone: ("77.40±.20", "6.42", "6.42"), sub: ("78.4", "6.11", "6.11")),
    Hardship(kind: "drop-path", rate: "0.2", alone: ("74.92±.12", "6.74", "7.19"), sub: ("78.7", "5.91", "6.48")),
    Hardship(kind: "drop-path", rate: "0.3", alone: ("71.57±.10", "7.31", "8.04"), sub: ("78.8", "5.87", "7.02")),
  ]

  private static func losses(_ whole: String, _ dropped: String) -> [(name: String, text: String)] {
    [("loss, whole, \u{d7} 1000", whole), ("loss, dropped, \u{d7} 1000", dropped)]
  }

  private static func alone(_ hardship: Hardship) -> Study.Row {
    let (kind, rate) = (hardship.kind, hardship.rate)
    var row = Study.Row(
      label: "\(kind) \(rate)", number: hardship.alone.number,
      others: losses(hardship.alone.whole, hardship.alone.dropped), place: (kind, Double(rate) ?? 0))
    switch (kind, rate) {
    case ("masking", "0.5"): (row.paper, row.small) = (.analysis("masking"), .vit("masking"))
    case ("masking", _):
      let options = "--method masking --ratio \(rate)"
      (row.paper, row.small) = (.analysis("masking-ratio-\(rate)", options), .vit("masking-ratio-\(rate)", options))
    // The recipes' own.
    case ("drop-path", "0.1"): (row.paper, row.small) = (.analysis("baseline"), .vit("baseline"))
    case ("drop-path", _):
      let name = "baseline-drop-path-\(rate)"
      row.paper = .analysis(name, "--method baseline --drop-path \(rate)")
      row.small = .vit(name, "--method baseline", dropPath: rate)
    default: row.lacks = "no recipe here has dropout in the only branch"
    }
    return row
  }

  private static func asBranch(_ hardship: Hardship) -> Study.Row {
    let (kind, rate) = (hardship.kind, hardship.rate)
    let (label, method, own) =
      switch kind {
      case "masking": ("MaskSub", "masksub", "0.5")
      case "dropout": ("DropSub", "dropsub", "0.2")
      // 0.1 more than the recipes' 0.1.
      default: ("PathSub", "pathsub", "0.2")
      }
    let (name, options) = ("\(method)-ratio-\(rate)", "--method \(method) --ratio \(rate)")
    return .init(
      label: "\(label) \(rate)", number: hardship.sub.number, others: losses(hardship.sub.whole, hardship.sub.dropped),
      place: (label, Double(rate) ?? 0), paper: rate == own ? .analysis(method) : .analysis(name, options),
      small: rate == own ? .vit(method) : .vit(name, options))
  }

  static let tableA7 = Study(
    name: "table-a7", summary: "how much MaskSub hides, and what that costs", setting: "\(setting); \(smallVit)",
    metric: "top1", axis: "hidden share",
    remarks: ["the paper's cost is that of a baseline step; here the first row's is 1"],
    rows: [
      ratio("0", "78.4", 2), ratio("0.25", "79.0", 1.75), ratio("0.4", "79.2", 1.6), ratio("0.5", "79.2", 1.5),
      ratio("0.6", "79.3", 1.4), ratio("0.75", "79.2", 1.25),
    ])

  static let tableA8 = Study(
    name: "table-a8", summary: "how much of the loss the sub-branch has", setting: "\(setting); \(smallVit)",
    metric: "top1", axis: "sub-branch's share of the loss",
    rows: [
      weight("1, 0", "0", "77.4", .analysis("baseline"), .vit("baseline")),
      weight("3/4, 1/4", "0.25", "78.5"), weight("2/3, 1/3", "0.333", "78.7"),
      weight("1/2, 1/2", "0.5", "79.2", .analysis("masksub"), .vit("masksub")),
      weight("1/3, 2/3", "0.667", "79.2"), weight("1/4, 3/4", "0.75", "78.5"),
    ])

  private static func ratio(_ ratio: String, _ number: PaperNumber, _ cost: Double) -> Study.Row {
    let isStandard = ratio == "0.5"
    return .init(
      label: "\(Int((Double(ratio) ?? 0) * 100))%", number: number, cost: cost,
      place: ("MaskSub", Double(ratio) ?? 0),
      paper: isStandard
        ? .analysis("masksub") : .analysis("masksub-ratio-\(ratio)", "--method masksub --ratio \(ratio)"),
      small: isStandard ? .vit("masksub") : .vit(ratio: ratio))
  }

  private static func weight(
    _ label: String, _ share: String, _ number: PaperNumber, _ paper: StudyTraining? = nil,
    _ small: StudyTraining? = nil
  ) -> Study.Row {
    .init(
      label: label, number: number, place: ("MaskSub", Double(share) ?? 0),
      paper: paper ?? .analysis("masksub-weight-\(share)", "--method masksub --sub-weight \(share)"),
      small: small ?? .vit(subWeight: share))
  }
}
