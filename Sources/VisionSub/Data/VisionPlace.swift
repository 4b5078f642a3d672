import SubCore
import SubData

/// A path with images at it.
struct VisionPlace {
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
    packed = try ShardList.isShard(path) && FileSystem.kind(path) == .file ? TarFolder(path) : nil
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
  private func arrays(_ part: TarFolder.Part, _ classNames: [String]?) throws -> ImageArrays? {
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

  private func arrayNames(_ part: TarFolder.Part) -> (images: String, labels: String)? {
    let train = [("train_images", "train_labels"), ("x_train", "y_train")]
    let validation = [("val_images", "val_labels"), ("test_images", "test_labels"), ("x_test", "y_test")]
    let bare = [("images", "labels"), ("x", "y")]
    let known =
      switch part {
      case .training: archive == nil ? train : train + bare
      case .validation: validation
      case .whole: bare + validation + train
      }
    return known.first { arrayFiles.contains($0.0) }
  }

  /// The lines of `classes.txt`; nil where there is none.
  func classNames() throws -> [String]? {
    let file = FileSystem.join(path, "classes.txt")
    guard names.contains("classes.txt") else { return nil }
    let lines = try LineFile.entries(file).map(\.text)
    guard !lines.isEmpty else { throw InputError("the file names no class", at: file, cure: "write a class a line") }
    return lines
  }

  func source(_ part: TarFolder.Part, classNames: [String]?) throws -> any ImageSource {
    if let packed {
      return try packed.source(part, classNames: classNames, order: order)
    }
    let source = try unpacked(part, classNames)
    guard part != .validation,
      let unused = ImageFolder.unusedSplit(of: isTrainingFolder ? FileSystem.parent(path) : path)
    else { return source }
    return ImageSubset(source, Array(0..<source.count), remarks: source.remarks + [unused])
  }

  private func unpacked(_ part: TarFolder.Part, _ classNames: [String]?) throws -> any ImageSource {
    if !names.isEmpty || archive != nil || FileSystem.kind(path) == .folder {
      if isCIFAR {
        return try CIFAR(path, training: part == .training || part == .whole && !CIFAR.hasTest(path))
      }
      if let found = try arrays(part, classNames) { return found }
      switch part {
      case .training: if let folder = folders.train, folder != path { return try open(folder, classNames) }
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
            cure: "add --image and --label: it has \(Table(path).columnList)",
            isUsage: true)
        }
        return try ImageTable(path, columns, classNames: classNames)
      }
      let shards = try ShardList.expand(path)
      if let other = shards.first(where: { !ShardList.isShard($0) }) {
        throw InputError(
          FileSystem.kind(other) == .absent ? "there is no such folder" : "these are no images known here", at: other,
          cure:
            "give a folder or a tar archive with train/CLASS/*.jpg, CIFAR's files, .npy or .npz files, .tar shards, or a "
            + "table of paths")
      }
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
    let shards = try ShardList.shards(in: path)
    if !shards.isEmpty { return try TarShards(shards, classNames: classNames) }
    return try ImageFolder(path, classNames: classNames, order: order)
  }
}
