import SubData

/// Texts, and images with captions.
extension Studies {
  /// GLUE's tasks in the table's order, with the metric that fits its numbers.
  private static let tasks: [(task: GLUETask, metric: TextMetric)] = [
    (.mnli, .accuracy), (.qqp, .f1), (.qnli, .accuracy), (.sst2, .accuracy), (.cola, .matthews), (.stsb, .pearson),
    (.mrpc, .f1), (.rte, .accuracy),
  ]

  private static func glue(_ size: String, _ numbers: [(PaperNumber, PaperNumber)]) -> [Study.Row] {
    zip(tasks, numbers).flatMap { task, numbers -> [Study.Row] in
      let isSmall = size == "base" && task.task == .cola
      var rows: [(String, String, PaperNumber?)] = [
        ("baseline", "baseline", numbers.0), ("MaskSub", "masksub", numbers.1),
      ]
      if isSmall { rows.insert(("masking", "masking", nil), at: 1) }
      return rows.map { label, method, number in
        Study.Row(
          section: "BERT-\(size), \(task.task.name)", label: label, number: number, metric: task.metric.rawValue,
          paper: .glue(size, task.task.rawValue, method), small: isSmall ? .cola(method) : nil)
      }
    }
  }

  static let table11 = Study(
    name: "table-11", summary: "MaskSub in finetuning BERT on GLUE",
    setting: "paper: BERT-base and BERT-large, eight tasks; small: CoLA with a small real BERT, 3 epochs",
    remarks: [
      "the paper has no row of masking alone; its metrics are not said and taken by their size: F1 of QQP and MRPC, Pearson of "
        + "STS-B, Matthews of CoLA, else accuracy"
    ],
    rows: glue(
      "base",
      [
        ("84.1", "84.5"), ("87.5", "87.7"), ("91.0", "91.3"), ("91.6", "91.9"), ("54.7", "58.3"), ("87.0", "86.8"),
        ("88.5", "89.2"), ("62.8", "63.2"),
      ])
      + glue(
        "large",
        [
          ("86.8", "87.1"), ("88.2", "89.0"), ("92.3", "92.7"), ("93.8", "94.0"), ("63.3", "65.2"), ("89.3", "88.6"),
          ("92.0", "91.5"), ("69.7", "69.3"),
        ]))

  static let table12 = Study(
    name: "table-12", summary: "MaskSub in pretraining a CLIP: zero-shot accuracy",
    setting:
      "paper: ViT-B/32, 128 million pairs, ImageNet-1k; small: a small CLIP, 6 epochs of 10,000 CIFAR-10 "
      + "images with captions of their classes", metric: "zeroshot_top1",
    rows: [
      .init(label: "CLIP", number: "33.5", paper: .clipB32("baseline"), small: .clip("baseline")),
      .init(label: "masking", number: "29.8", paper: .clipB32("masking"), small: .clip("masking")),
      .init(label: "MaskSub", number: "37.6", paper: .clipB32("masksub"), small: .clip("masksub")),
    ])
}
