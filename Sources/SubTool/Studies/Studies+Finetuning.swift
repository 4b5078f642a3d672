/// Weights that are trained on.
extension Studies {
  private static func pair(
    _ section: String, _ recipe: String, _ weights: String, _ numbers: (PaperNumber, PaperNumber)
  ) -> [Study.Row] {
    [("baseline", "baseline", numbers.0), ("MaskSub", "masksub", numbers.1)].map { label, method, number in
      Study.Row(section: section, label: label, number: number, paper: .finetuned(recipe, from: weights, method))
    }
  }

  private static let lacksWeights = "pretrained weights are what it is about; --from of finetune takes any"

  static let table3 = Study(
    name: "table-3", summary: "MaskSub in finetuning MAE, BEiT v2 and CLIP", setting: "paper: ImageNet-1k",
    metric: "top1",
    lacksSmall: lacksWeights,
    rows: [
      pair("MAE ViT-B, 100 epochs", "mae-b", "mae-b", ("83.6", "83.9")),
      pair("MAE ViT-L, 50 epochs", "mae-l", "mae-l", ("85.9", "86.1")),
      pair("MAE ViT-H, 50 epochs", "mae-h", "mae-h", ("86.9", "87.2")),
      pair("BEiT v2 ViT-B, 100 epochs", "beitv2-b", "beitv2-b", ("85.5", "85.6")),
      pair("BEiT v2 ViT-L, 50 epochs", "beitv2-l", "beitv2-l", ("87.3", "87.4")),
      pair("FT-CLIP ViT-B/16, 50 epochs", "ft-clip-b", "clip-b", ("84.8", "85.2")),
      pair("FT-CLIP ViT-L/14, 30 epochs", "ft-clip-l", "clip-l", ("87.5", "87.8")),
    ].flatMap(\.self))

  static let table4 = Study(
    name: "table-4", summary: "MaskSub on CLIP and BEiT v2 beside other ways to use CLIP",
    setting: "paper: ViT-B, ImageNet-1k", metric: "top1", lacksSmall: lacksWeights,
    remarks: ["the linear probe is masksub finetune --probe; all but CLIP's and BEiT v2's are other works' numbers"],
    rows: clip4 + others4)

  private static let clip4 = [
    Study.Row(
      section: "CLIP", label: "finetuned", number: "84.8", paper: .finetuned("ft-clip-b", from: "clip-b", "baseline")),
    Study.Row(
      section: "CLIP", label: "linear probe", number: "80.2", lacks: "a probe trains no network: finetune --probe"),
    Study.Row(
      section: "CLIP", label: "MaskSub", number: "85.2", paper: .finetuned("ft-clip-b", from: "clip-b", "masksub")),
  ]

  private static let others4: [Study.Row] = {
    let cited: [(String, PaperNumber)] = [
      ("FD-CLIP", "84.9"), ("MaskDistill", "85.5"), ("MVP", "84.4"), ("MILAN", "85.4"), ("CAE v2", "85.5"),
    ]
    var rows = [
      Study.Row(
        section: "others", label: "BEiT v2", number: "85.5", paper: .finetuned("beitv2-b", from: "beitv2-b", "baseline")
      )
    ]
    rows += cited.map { Study.Row(section: "others", label: $0, number: $1, lacks: "another work's number") }
    rows.append(
      Study.Row(
        section: "others", label: "BEiT v2, MaskSub", number: "85.6",
        paper: .finetuned("beitv2-b", from: "beitv2-b", "masksub")))
    return rows
  }()

  private static let lacksTransfer = "small models learn too little on small sets to take along"
  private static let sets = [
    ("cifar10", "CIFAR-10"), ("cifar100", "CIFAR-100"), ("flowers", "Flowers"), ("cars", "Cars"),
    ("inat18", "iNat-18"), ("inat19", "iNat-19"),
  ]

  /// Three rows of every set, as the paper's columns have them: neither, MaskSub before, MaskSub before and in transfer.
  private static func transfers(
    _ size: String, _ numbers: [(PaperNumber, PaperNumber, PaperNumber)], length: Int? = nil
  ) -> [Study.Row] {
    zip(sets, numbers).flatMap { set, numbers in
      let rows = [
        ("baseline", numbers.0, "baseline", "baseline"), ("MaskSub before", numbers.1, "masksub", "baseline"),
        ("MaskSub before and then", numbers.2, "masksub", "masksub"),
      ]
      return rows.map { label, number, before, then in
        Study.Row(
          section: "ViT-\(size.uppercased()), \(set.1)", label: label, number: number,
          paper: .transfer(size, to: set.0, before, then: then, length: length))
      }
    }
  }

  static let table7 = Study(
    name: "table-7", aliases: ["table-a9"],
    summary: "transfer of DeiT-III's models to six sets, with and without MaskSub",
    setting: "paper: 800 epochs of ImageNet-1k, then 1000 of the set (iNaturalist 360)", metric: "top1",
    lacksSmall: lacksTransfer,
    rows: transfers(
      "s",
      [
        ("98.83±.05", "98.88±.09", "98.77±.05"), ("89.96±.15", "90.63±.09", "89.87±.17"),
        ("94.54±1.71", "95.19±1.95", "98.25±.51"), ("80.86±.71", "81.23±.73", "92.17±.14"),
        ("70.12±.13", "70.82±.03", "71.17±.21"), ("76.69±.56", "77.00±.21", "77.12±.48"),
      ])
      + transfers(
        "b",
        [
          ("99.07±.05", "99.19±.03", "98.82±.03"), ("91.69±.15", "91.89±.04", "89.55±.05"),
          ("97.52±.51", "97.73±.30", "98.68±.16"), ("90.05±.24", "90.18±.12", "92.77±.09"),
          ("73.16±.05", "73.61±.08", "73.88±.12"), ("78.49±.62", "78.77±.05", "79.07±.55"),
        ]))

  static let tableA10 = Study(
    name: "table-a10", summary: "the same transfer in 300 epochs",
    setting: "paper: 800 epochs of ImageNet-1k, then 300",
    metric: "top1", lacksSmall: lacksTransfer,
    rows: transfers(
      "s",
      [
        ("98.41±.12", "98.48±.06", "98.96±.06"), ("87.27±.19", "87.54±.33", "90.81±.09"),
        ("66.66±2.52", "72.61±1.20", "96.64±.23"), ("46.04±3.72", "45.46±1.80", "87.43±.43"),
      ], length: 300)
      + transfers(
        "b",
        [
          ("98.97±.10", "99.06±.02", "99.15±.04"), ("90.33±.14", "90.82±.21", "91.52±.16"),
          ("90.92±1.60", "92.45±.90", "98.44±.13"), ("78.52±.59", "80.34±.56", "92.22±.03"),
        ], length: 300))
}
