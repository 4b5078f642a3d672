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
    let source = try place.source(.train, classNames: place.classNames())
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

/// A path with images at it.
private struct VisionPlace {
  enum Part { case train, validation, whole }

  let path: String
  private let names: Set<String>
  /// An `.npz` file that is all there is.
  private let archive: String?
  /// The arrays that lie here, without `.npy`.
  private let arrayFiles: Set<String>
  /// How class folders are numbered.
  private let order: ClassOrder
  /// The columns of a table.
  private let columns: ImageTable.Columns?
  /// Class folders inside of an archive.
  private let packed: TarFolder?

  init(_ given: String, _ order: ClassOrder, _ columns: ImageTable.Columns?) throws {
    (self.order, self.columns) = (order, columns)
    let trimmed = FileSystem.trimmed(given)
    // What CIFAR's archives unpack to.
    let inner = ["cifar-10-batches-bin", "cifar-10-batches-py", "cifar-100-binary", "cifar-100-python"]
      .map { FileSystem.join(trimmed, $0) }.first { FileSystem.kind($0) == .folder }
    let path = inner ?? trimmed
    self.path = path
    let files = (try? FileSystem.names(in: path)) ?? []
    names = Set(files)
    let isArchive = path.hasSuffix(".npz") && FileSystem.kind(path) == .file
    archive = isArchive ? path : files.count == 1 && files[0].hasSuffix(".npz") ? FileSystem.join(path, files[0]) : nil
    let isTar = [".tar", ".tar.gz", ".tgz"].contains { path.lowercased().hasSuffix($0) }
    packed = try isTar && FileSystem.kind(path) == .file ? TarFolder(path) : nil
    guard columns == nil || Table.isTable(path) else {
      throw InputError(
        "this is no table", at: path, cure: "leave --image and --label out, or name a .csv, .tsv or .jsonl file",
        isUsage: true)
    }
    arrayFiles =
      try archive.map { Set(try Npz($0).names) }
      ?? Set(files.filter { $0.hasSuffix(".npy") }.map { String($0.dropLast(4)) })
  }

  /// Class folders that are called `train`, as the training part of the folder above.
  var isTrainingFolder: Bool {
    ImageFolder.splits(of: FileSystem.parent(path)).train == path && ImageFolder.splits(of: path).train == nil
  }

  var hasValidation: Bool {
    if let packed { return packed.hasValidation }
    if isCIFAR { return CIFAR.hasTest(path) }
    return arrayNames(.validation) != nil || folders.validation != nil
  }

  private var isCIFAR: Bool { CIFAR.recognizes(path) }

  private var folders: (train: String?, validation: String?) {
    let own = ImageFolder.splits(of: path)
    if own.train != nil { return own }
    // `val` as the only folder: data to evaluate on.
    let others = names.filter { $0 != own.validation.map(FileSystem.name) }
    if own.validation != nil, !others.contains(where: { FileSystem.kind(FileSystem.join(path, $0)) == .folder }) {
      return own
    }
    guard isTrainingFolder else { return (nil, nil) }
    return (path, ImageFolder.splits(of: FileSystem.parent(path)).validation)
  }

  /// A part's images and labels as arrays, with what to call them in errors; nil where there are none. numpy's archives
  /// have the same names inside, or Keras's `x_train`.
  private func arrays(_ part: Part, _ classNames: [String]?) throws -> ImageArrays? {
    guard let names = arrayNames(part) else { return nil }
    if let archive {
      let file = try Npz(archive)
      return try ImageArrays(
        images: file.array(named: names.images), labels: file.array(named: names.labels), classNames: classNames,
        place: "\(archive), tensor '\(names.images)'", labelPlace: "\(archive), tensor '\(names.labels)'")
    }
    let (images, labels) = (FileSystem.join(path, names.images + ".npy"), FileSystem.join(path, names.labels + ".npy"))
    return try ImageArrays(npy: images, labels: Npy.read(labels), classNames: classNames, labelPlace: labels)
  }

  private func arrayNames(_ part: Part) -> (images: String, labels: String)? {
    let train = [("train_images", "train_labels"), ("x_train", "y_train")]
    let validation = [("val_images", "val_labels"), ("test_images", "test_labels"), ("x_test", "y_test")]
    let bare = [("images", "labels"), ("x", "y")]
    let known =
      switch part {
      case .train: archive == nil ? train : train + bare
      case .validation: validation
      case .whole: bare + validation + train
      }
    return known.first { arrayFiles.contains($0.0) }
  }

  /// The lines of `classes.txt`; nil where there is none.
  func classNames() throws -> [String]? {
    let file = FileSystem.join(path, "classes.txt")
    guard names.contains("classes.txt") else { return nil }
    let lines = try InputFile(file).text().split(whereSeparator: \.isNewline).map(String.init)
    guard !lines.isEmpty else { throw InputError("the file names no class", at: file, cure: "write a class a line") }
    return lines
  }

  func source(_ part: Part, classNames: [String]?) throws -> any ImageSource {
    if let packed {
      let part: TarFolder.Part = part == .train ? .training : part == .validation ? .validation : .whole
      return try packed.source(part, classNames: classNames, order: order)
    }
    if !names.isEmpty || archive != nil || FileSystem.kind(path) == .folder {
      if isCIFAR {
        return try CIFAR(path, training: part == .train || part == .whole && !CIFAR.hasTest(path))
      }
      if let found = try arrays(part, classNames) { return found }
      switch part {
      case .train: if let folder = folders.train, folder != path { return try open(folder, classNames) }
      case .validation: if let folder = folders.validation { return try open(folder, classNames) }
      case .whole: if let folder = folders.train, folder != path { return try open(folder, classNames) }
      }
    }
    return try open(path, classNames)
  }

  /// One part: class folders, shards or arrays.
  private func open(_ path: String, _ classNames: [String]?) throws -> any ImageSource {
    guard FileSystem.kind(path) == .folder else {
      if Table.isTable(path), FileSystem.kind(path) == .file {
        guard let columns else {
          throw try InputError(
            "the columns of pictures and labels are not named", at: path,
            cure: "add --image and --label: it has \(Table(path).columnList)", isUsage: true)
        }
        return try ImageTable(path, columns, classNames: classNames)
      }
      guard path.contains(".tar") || path.contains(".tgz") else {
        throw InputError(
          FileSystem.kind(path) == .absent ? "there is no such folder" : "these are no images known here", at: path,
          cure:
            "give a folder or a tar archive with train/CLASS/*.jpg, CIFAR's files, .npy or .npz files, .tar shards, or a "
            + "table of paths")
      }
      let shards = try ShardList.expand(path)
      if let absent = shards.first(where: { FileSystem.kind($0) == .absent }) {
        throw InputError(
          "there is no such shard, one of \(shards.count) named", at: absent, cure: "name the shards that are there")
      }
      return try TarShards(shards, classNames: classNames)
    }
    let names = try FileSystem.names(in: path)
    if names.contains("images.npy") {
      let labels = FileSystem.join(path, "labels.npy")
      return try ImageArrays(
        npy: FileSystem.join(path, "images.npy"), labels: Npy.read(labels), classNames: classNames, labelPlace: labels)
    }
    let shards = names.filter { [".tar", ".tar.gz", ".tgz"].contains(where: $0.hasSuffix) }
    if !shards.isEmpty { return try TarShards(shards.map { FileSystem.join(path, $0) }, classNames: classNames) }
    return try ImageFolder(path, classNames: classNames, order: order)
  }
}
