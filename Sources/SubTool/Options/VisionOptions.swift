import SubData

/// Where a vision run's images come from.
struct VisionOptions: OptionGroup {
  static let title = "Images"
  @Option(
    "--data", value: "DIR", default: "datasets/shapes",
    "a folder or tar archive with train/CLASS/*.jpg and val/CLASS/*.jpg, CIFAR's files, .npy or .npz files, .tar "
      + "shards, or a table of paths")
  var data: String?
  @Option("--validation", value: "DIR", default: "what lies beside the training images", "images to evaluate on")
  var validation: String?
  let reading = ImageReadingOptions()
}

/// How labelled images are read.
struct ImageReadingOptions: OptionGroup {
  static let title = "Images"
  @Option("--workers", in: 0...256, default: "half of the cores, at most 8", "threads that prepare images")
  var workers: Int?
  @Option("--class-order", "how class folders are numbered: as torchvision does (1, 10, 2), or timm (1, 2, 10)")
  var classOrder = ClassOrder.plain
  @Option("--image", value: "COLUMN", "a table's column of paths of pictures") var image: String?
  @Option("--max-broken", in: 0...1_000_000_000, "unreadable pictures that are passed over before it is an error")
  var maxBroken = 100
}
