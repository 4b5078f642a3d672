/// Training from scratch on ImageNet.
extension Studies {
  private static let vit = "paper: DeiT-III, ImageNet-1k"
  private static let names = ["s": "ViT-S/16", "b": "ViT-B/16", "l": "ViT-L/16", "h": "ViT-H/14"]
  private static func title(_ size: String) -> String { names[size] ?? size }

  /// Baseline and MaskSub of a section.
  private static func pair(
    _ section: String, _ numbers: (PaperNumber, PaperNumber), _ paper: (String) -> StudyTraining,
    small: ((String) -> StudyTraining)? = nil
  ) -> [Study.Row] {
    [
      .init(
        section: section, label: "baseline", number: numbers.0, paper: paper("baseline"), small: small?("baseline")),
      .init(section: section, label: "MaskSub", number: numbers.1, paper: paper("masksub"), small: small?("masksub")),
    ]
  }

  static let table1 = Study(
    name: "table-1", summary: "MaskSub on DeiT-III, four sizes, 400 and 800 epochs", setting: vit, metric: "top1",
    lacksSmall: "table-9 asks the same of one small size",
    rows: [
      pair("ViT-S/16, 400 epochs", ("80.4", "81.1")) { .deit3("s", 400, $0) },
      pair("ViT-S/16, 800 epochs", ("81.4", "81.7")) { .deit3("s", 800, $0) },
      pair("ViT-B/16, 400 epochs", ("83.5", "84.1")) { .deit3("b", 400, $0) },
      pair("ViT-B/16, 800 epochs", ("83.8", "84.2")) { .deit3("b", 800, $0) },
      pair("ViT-L/16, 400 epochs", ("84.5", "85.2")) { .deit3("l", 400, $0) },
      pair("ViT-L/16, 800 epochs", ("84.9", "85.3")) { .deit3("l", 800, $0) },
      pair("ViT-H/14, 400 epochs", ("85.1", "85.7")) { .deit3("h", 400, $0) },
      pair("ViT-H/14, 800 epochs", ("85.2", "85.7")) { .deit3("h", 800, $0) },
    ].flatMap(\.self))

  static let table2 = Study(
    name: "table-2", summary: "ways to train a ViT from scratch, and what they cost", setting: vit, metric: "top1",
    lacksSmall: "table-9 has those of its methods that are here on one small size",
    remarks: ["DeiT, MAE and SupMAE are other works' numbers; those of CoSub are its authors'"],
    rows: [
      reference2("s", "81.4"), cited2("s", "DeiT, 300 epochs", "79.8"), cited2("s", "MAE, 1600 epochs", "81.4"),
      row2("s", "CoSub, 800 epochs", "81.5", 2, .deit3("s", 800, "cosub")),
      row2("s", "MaskSub, 400 epochs", "81.1", 0.75, .deit3("s", 400, "masksub")),
      row2("s", "MaskSub, 800 epochs", "81.7", 1.5, .deit3("s", 800, "masksub")),
      reference2("b", "83.8"), cited2("b", "DeiT, 300 epochs", "81.8"), cited2("b", "MAE, 1600 epochs", "83.6"),
      cited2("b", "SupMAE, 400 epochs", "83.6"),
      row2("b", "CoSub, 800 epochs", "84.2", 2, .deit3("b", 800, "cosub")),
      row2("b", "MaskSub, 400 epochs", "84.1", 0.75, .deit3("b", 400, "masksub")),
      row2("b", "MaskSub, 800 epochs", "84.2", 1.5, .deit3("b", 800, "masksub")),
      reference2("l", "84.9"), row2("l", "CoSub, 800 epochs", "85.3", 2, .deit3("l", 800, "cosub")),
      row2("l", "MaskSub, 400 epochs", "85.2", 0.75, .deit3("l", 400, "masksub")),
      row2("l", "MaskSub, 800 epochs", "85.3", 1.5, .deit3("l", 800, "masksub")),
      reference2("h", "85.2"), row2("h", "CoSub, 800 epochs", "85.7", 2, .deit3("h", 800, "cosub")),
      row2("h", "MaskSub, 400 epochs", "85.7", 0.75, .deit3("h", 400, "masksub")),
    ])

  private static func reference2(_ size: String, _ number: PaperNumber) -> Study.Row {
    row2(size, "DeiT-III, 800 epochs", number, 1, .deit3(size, 800, "baseline"))
  }
  private static func row2(
    _ size: String, _ label: String, _ number: PaperNumber, _ cost: Double, _ training: StudyTraining
  ) -> Study.Row {
    .init(section: title(size), label: label, number: number, cost: cost, paper: training)
  }
  private static func cited2(_ size: String, _ label: String, _ number: PaperNumber) -> Study.Row {
    .init(section: title(size), label: label, number: number, lacks: "another work's number")
  }

  static let table5 = Study(
    name: "table-5", summary: "MaskSub on hierarchical networks: ResNet and Swin",
    setting:
      "paper: RSB A2 and Swin's recipe, 300 epochs, ImageNet-1k; small: a small ResNet and a small Swin, 8 epochs of "
      + "10,000 CIFAR-10 images", metric: "top1",
    rows: [
      pair("ResNet-50", ("79.7", "80.0"), { .scratch("rsb-a2-resnet50", $0) }, small: { .resnet($0) }),
      pair("ResNet-101", ("81.4", "82.1"), { .scratch("rsb-a2-resnet101", $0) }),
      pair("ResNet-152", ("81.8", "82.8"), { .scratch("rsb-a2-resnet152", $0) }),
      pair("Swin-T", ("81.3", "81.4"), { .scratch("swin-t", $0) }, small: { .swin($0) }),
      pair("Swin-S", ("83.0", "83.4"), { .scratch("swin-s", $0) }),
      pair("Swin-B", ("83.5", "83.9"), { .scratch("swin-b", $0) }),
    ].flatMap(\.self))

  static let table6 = Study(
    name: "table-6", summary: "MaskSub beside self-distillation on ResNets", setting: "paper: ImageNet-1k",
    metric: "top1",
    lacksSmall: "its question is the other works' methods; table-5 has a small ResNet",
    remarks: ["all but RSB and MaskSub are other works' numbers"],
    rows: [
      section6(
        "50", "76.1",
        [
          ("ONE (ResNeXt-50)", "78.2"), ("BYOT", "75.2"), ("Self-Distillation", "78.3"), ("MixSKD", "78.8"),
        ], "80.0"),
      section6(
        "101", "77.4",
        [("Self-Distillation", "78.9"), ("RSB, SD-dropout", "81.2"), ("RSB, PS-KD", "81.7")], "82.1"),
      section6(
        "152", "78.3",
        [
          ("PS-KD", "79.2"), ("Self-Distillation", "80.6"), ("SD-dropout", "75.5"), ("RSB, SD-dropout", "81.8"),
          ("RSB, PS-KD", "82.3"),
        ], "82.8"),
    ].flatMap(\.self))

  private static func section6(
    _ depth: String, _ base: PaperNumber, _ others: [(String, PaperNumber)], _ masksub: PaperNumber
  ) -> [Study.Row] {
    let cited = [("base", base)] + others
    var rows = cited.map { label, number in
      Study.Row(section: "ResNet-\(depth)", label: label, number: number, lacks: "another work's number")
    }
    rows.append(
      Study.Row(
        section: "ResNet-\(depth)", label: "RSB, MaskSub", number: masksub,
        paper: .scratch("rsb-a2-resnet\(depth)", "masksub")))
    return rows
  }

  static let table8 = Study(
    name: "table-8", aliases: ["table-a1"],
    summary: "MaskSub beside a baseline of as much training: half as many epochs again",
    setting: "paper: ImageNet-1k, V100 days; \(smallVit), 15 of them for the baseline", metric: "top1",
    remarks: [
      "the longer baselines have the rates of the recipe that is nearest, that of 400 epochs for 600, of 800 for 1200",
      "the paper's longer ResNets are trained by RSB's A1, not by A2 for longer",
    ],
    rows: [
      equal(
        "ViT-S/16, 400 epochs", 600, ("80.7", "81.2"), 22 / 22, .deit3("s", 400, "baseline", length: 600),
        .deit3("s", 400, "masksub"),
        small: (.vit("baseline-epochs-15", "--method baseline", epochs: 15), .vit("masksub"))),
      equal(
        "ViT-S/16, 800 epochs", 1200, ("81.6", "81.7"), 44 / 45, .deit3("s", 800, "baseline", length: 1200),
        .deit3("s", 800, "masksub")),
      equal(
        "ViT-B/16, 400 epochs", 600, ("83.7", "84.1"), 25 / 26, .deit3("b", 400, "baseline", length: 600),
        .deit3("b", 400, "masksub")),
      equal(
        "ViT-B/16, 800 epochs", 1200, ("83.8", "84.2"), 50 / 52, .deit3("b", 800, "baseline", length: 1200),
        .deit3("b", 800, "masksub")),
      equal(
        "MAE ViT-B, 100 epochs", 150, ("83.5", "83.9"), 9 / 9,
        .finetuned("mae-b", from: "mae-b", "baseline", length: 150), .finetuned("mae-b", from: "mae-b", "masksub")),
      equal(
        "MAE ViT-L, 50 epochs", 75, ("85.5", "86.1"), 14 / 14,
        .finetuned("mae-l", from: "mae-l", "baseline", length: 75), .finetuned("mae-l", from: "mae-l", "masksub")),
      equal("ResNet-50, 300 epochs", 600, ("80.4", "80.0"), 14 / 22, nil, .scratch("rsb-a2-resnet50", "masksub")),
      equal("ResNet-101, 300 epochs", 600, ("81.5", "82.1"), 20 / 24, nil, .scratch("rsb-a2-resnet101", "masksub")),
      equal("ResNet-152, 300 epochs", 600, ("82.0", "82.8"), 29 / 32, nil, .scratch("rsb-a2-resnet152", "masksub")),
    ].flatMap(\.self))

  private static func equal(
    _ section: String, _ epochs: Int, _ numbers: (PaperNumber, PaperNumber), _ cost: Double, _ baseline: StudyTraining?,
    _ masksub: StudyTraining, small: (StudyTraining, StudyTraining)? = nil
  ) -> [Study.Row] {
    [
      .init(
        section: section, label: "baseline, longer", number: numbers.0, cost: 1, paper: baseline, small: small?.0,
        lacks: baseline == nil ? "RSB's A1, \(epochs) epochs, is no recipe here" : nil),
      .init(section: section, label: "MaskSub", number: numbers.1, cost: cost, paper: masksub, small: small?.1),
    ]
  }

  static let table9 = Study(
    name: "table-9", summary: "MaskSub beside doubled augmentation, GradAug and CoSub, with their cost",
    setting: "paper: ViT-B, DeiT-III's 400 epochs, V100 days; \(smallVit)", metric: "top1",
    remarks: [
      "GradAug is the form by depth here, gradaug-depth; the paper's is not published, and had 200 epochs to be as dear"
    ],
    rows: [
      .init(label: "baseline", number: "83.5", cost: 1, paper: .deit3("b", 400, "baseline"), small: .vit("baseline")),
      .init(
        label: "DataAugment", number: "83.5", cost: 36.8 / 17.3,
        paper: .deit3("b", 400, "dataaug", "--method baseline --copies 2"),
        small: .vit("dataaug", "--method baseline --copies 2")),
      .init(
        label: "GradAug", number: "83.2", cost: 39.7 / 17.3,
        paper: .deit3("b", 400, "gradaug", "--method gradaug-depth", length: 200),
        small: .vit("gradaug", "--method gradaug-depth")),
      .init(
        label: "CoSub", number: "83.9", cost: 35.3 / 17.3, paper: .deit3("b", 400, "cosub"), small: .vit("cosub")),
      .init(
        label: "MaskSub", number: "84.1", cost: 25.1 / 17.3, paper: .deit3("b", 400, "masksub"), small: .vit("masksub")),
    ])

  static let table13 = Study(
    name: "table-13", aliases: ["table-a12"], summary: "MaskSub, DropSub and PathSub",
    setting: "paper: DeiT-III's 400 epochs, ImageNet-1k; \(smallVit)", metric: "top1",
    rows: [
      variants("s", ("80.40±.33", "81.08±.12", "80.57±.12", "80.78±.05"), hasSmall: true),
      variants("b", ("83.46±.04", "84.08±.02", "83.83±.11", "83.80±.12"), hasSmall: false),
    ].flatMap(\.self))

  private static func variants(
    _ size: String, _ numbers: (PaperNumber, PaperNumber, PaperNumber, PaperNumber), hasSmall: Bool
  ) -> [Study.Row] {
    let all: [(String, String, PaperNumber, Double)] = [
      ("baseline", "baseline", numbers.0, 1), ("MaskSub", "masksub", numbers.1, 1.5),
      ("DropSub", "dropsub", numbers.2, 2), ("PathSub", "pathsub", numbers.3, 2),
    ]
    return all.map { label, method, number, cost in
      Study.Row(
        section: title(size), label: label, number: number, cost: cost, paper: .deit3(size, 400, method),
        small: hasSmall ? .vit(method) : nil)
    }
  }

  static let tableA6 = Study(
    name: "table-a6", summary: "MaskSub without distillation: the sub-branch learns from the label",
    setting: "paper: DeiT-III's 400 epochs, ImageNet-1k; \(smallVit)", metric: "top1",
    rows: [
      distillation("s", ("80.4", "80.5", "81.1"), hasSmall: true),
      distillation("b", ("83.5", "83.6", "84.1"), hasSmall: false),
    ].flatMap(\.self))

  private static func distillation(
    _ size: String, _ numbers: (PaperNumber, PaperNumber, PaperNumber), hasSmall: Bool
  ) -> [Study.Row] {
    let all = [
      ("baseline", "baseline", numbers.0), ("without distillation", "masksub-labels", numbers.1),
      ("MaskSub", "masksub", numbers.2),
    ]
    return all.map { label, method, number in
      Study.Row(
        section: title(size), label: label, number: number, paper: .deit3(size, 400, method),
        small: hasSmall ? .vit(method) : nil)
    }
  }

  static let tableA4 = Study(
    name: "table-a4", summary: "robustness of the DeiT-III of 800 epochs: nine sets", setting: vit, metric: "top1",
    lacksSmall: "its sets have ImageNet's classes",
    remarks: [
      "the runs end with ImageNet; masksub eval --from RUN --suite robustness --data ROOT --crop-ratio 1 gives a run's row"
    ],
    rows: [
      robust(
        "s", ("81.4", "70.1 87.0 23.4 46.4 32.6 55.0 39.8 37.8"), ("81.7", "71.0 87.4 26.9 47.2 33.5 56.7 42.5 39.9")),
      robust(
        "b", ("83.8", "73.4 88.2 36.8 54.1 35.7 58.0 42.7 41.5"), ("84.2", "74.0 88.6 41.9 54.4 37.2 59.0 44.8 43.3")),
      robust(
        "l", ("84.9", "74.8 88.8 45.3 57.4 38.8 59.8 46.5 45.0"), ("85.3", "75.8 89.2 51.1 58.5 40.0 60.2 46.8 45.9")),
      robust(
        "h", ("85.2", "75.7 89.2 51.9 58.8 40.1 61.9 49.0 46.8"), ("85.7", "76.5 89.6 58.3 59.9 41.7 62.4 50.1 48.4")),
    ].flatMap(\.self))

  private static func robust(
    _ size: String, _ baseline: (PaperNumber, String), _ masksub: (PaperNumber, String)
  ) -> [Study.Row] {
    let sets = ["V2", "ReaL", "A", "R", "ObjectNet", "SI size", "SI location", "SI rotation"]
    return [("baseline", "baseline", baseline), ("MaskSub", "masksub", masksub)].map { label, method, numbers in
      Study.Row(
        section: title(size), label: label, number: numbers.0,
        others: zip(sets, numbers.1.split(separator: " ")).map { ($0, String($1)) }, paper: .deit3(size, 800, method))
    }
  }
}
