import SubCore
public import SubData

/// Labelled images as `--data` names them, told apart by what is there.
///
/// - a folder with `train` and `val` (or another of `ImageFolder.splits`' names), each of class folders, of tar shards, or of
///   `images.npy` and `labels.npy`;
/// - a folder of class folders: training alone; one called `train` takes its neighbour `val`;
/// - CIFAR's files, the binary or the Python version; `train_images.npy` with `train_labels.npy` and `val_…` or
///   `test_…` beside them, or all of these in one `.npz` file (`x_train`, `y_train`, `x_test`, `y_test` too);
/// - shards: a folder of `.tar` files, or WebDataset's notation (`{000..331}.tar`);
/// - a tar archive, plain or packed, of what would be a folder of class folders, with splits or without (`TarFolder`);
/// - a table (CSV, TSV, JSON lines) with a column of paths and one of classes.
///
/// A file `classes.txt` beside the data names the classes that npy files and shards know by number.
public struct VisionData: Sendable {
  /// The images to train on.
  public let train: any ImageSource
  /// nil where there is nothing to evaluate on.
  public let validation: (any ImageSource)?
  /// The classes in the order of their numbers.
  public var classNames: [String] { train.classNames }

  /// What is wrong with the data and does no harm: shards read in part, files that are no pictures.
  public var remarks: [String] { train.remarks + (validation?.remarks ?? []) }

  /// Opens training data, and the validation data that stands with it or at `validation`, or is held out of it by `split`.
  /// Throws an `InputError`.
  ///
  /// - Parameter columns: those of a table.
  public init(
    _ path: String, validation: String? = nil, order: ClassOrder = .plain, columns: ImageTable.Columns? = nil,
    split: SampleSplit = SampleSplit()
  ) throws {
    let place = try VisionPlace(path, order, columns)
    let source = try place.source(.training, classNames: place.classNames())
    let others: (any ImageSource)? =
      if let validation {
        try Self.evaluation(validation, classNames: source.classNames, columns: columns)
      } else {
        try place.hasValidation ? place.source(.validation, classNames: source.classNames) : nil
      }
    guard split.fraction > 0 || split.shots != nil else {
      (train, self.validation) = (source, others)
      return
    }
    guard split.fraction == 0 || others == nil else {
      throw InputError(
        "there are \(others?.count ?? 0) validation images already", at: "--validation-fraction",
        cure: "leave it out to evaluate on them", isUsage: true)
    }
    let parts = split.parts(source.labels, count: source.count)
    guard split.fraction == 0 || !parts.held.isEmpty else {
      throw InputError(
        "\(split.fraction) of \(source.count) images leaves none to evaluate on", at: "--validation-fraction",
        cure: "give more", isUsage: true)
    }
    let held =
      parts.held.isEmpty
      ? []
      : [
        "\(parts.held.count) of the \(source.count) images are held out for evaluation (--validation-fraction "
          + "\(split.fraction), --split-seed \(split.seed))"
      ]
    train = ImageSubset(source, parts.training, remarks: source.remarks + held)
    self.validation = parts.held.isEmpty ? others : ImageSubset(source, parts.held, remarks: [])
  }

  /// Opens data to evaluate on: the validation part where there are parts, else all of it. Labels are positions in
  /// `classNames` where those are known.
  public static func evaluation(
    _ path: String, classNames: [String]?, order: ClassOrder = .plain, columns: ImageTable.Columns? = nil
  ) throws -> any ImageSource {
    let place = try VisionPlace(path, order, columns)
    let names = try classNames ?? place.classNames()
    return try place.hasValidation && !place.isTrainingFolder
      ? place.source(.validation, classNames: names) : place.source(.whole, classNames: names)
  }
}
