import SubCore
public import SubData

/// Labelled images as `--data` names them, told apart by what is there.
///
/// - a folder with `train` and `val` (or `valid`, `validation`, `test`), each of class folders, of tar shards, or of
///   `images.npy` and `labels.npy`;
/// - a folder of class folders: training alone; one called `train` takes its neighbour `val`;
/// - CIFAR's files, the binary or the Python version; `train_images.npy` with `train_labels.npy` and `val_…` or `test_…` beside them;
/// - shards: a folder of `.tar` files, or WebDataset's notation (`{000..331}.tar`).
///
/// A file `classes.txt` beside the data names the classes that npy files and shards know by number.
public struct VisionData: Sendable {
  public let train: any ImageSource
  /// nil where there is nothing to evaluate on.
  public let validation: (any ImageSource)?
  /// The classes in the order of their numbers.
  public var classNames: [String] { train.classNames }

  /// Opens training data, and the validation data that stands with it or at `validation`. Throws an `InputError`.
  public init(_ path: String, validation: String? = nil) throws {
    let place = VisionPlace(path)
    let source = try place.source(.train, classNames: place.classNames())
    train = source
    if let validation {
      self.validation = try Self.evaluation(validation, classNames: source.classNames)
    } else {
      self.validation = try place.hasValidation ? place.source(.validation, classNames: source.classNames) : nil
    }
  }

  /// Opens data to evaluate on: the validation part where there are parts, else all of it. Labels are positions in
  /// `classNames` where those are known.
  public static func evaluation(_ path: String, classNames: [String]?) throws -> any ImageSource {
    let place = VisionPlace(path)
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

  init(_ path: String) {
    let trimmed = FileSystem.trimmed(path)
    // What CIFAR's archives unpack to.
    let inner = ["cifar-10-batches-bin", "cifar-10-batches-py", "cifar-100-binary", "cifar-100-python"]
      .map { FileSystem.join(trimmed, $0) }.first { FileSystem.kind($0) == .folder }
    self.path = inner ?? trimmed
    names = Set((try? FileSystem.names(in: self.path)) ?? [])
  }

  /// Class folders that are called `train`.
  var isTrainingFolder: Bool { FileSystem.name(path) == "train" && !names.contains("train") }

  var hasValidation: Bool {
    if isCIFAR { return CIFAR.hasTest(path) }
    return array(.validation) != nil || folders.validation != nil
  }

  private var isCIFAR: Bool { CIFAR.recognizes(path) }

  private var folders: (train: String?, validation: String?) {
    let own = ImageFolder.splits(of: path)
    if own.train != nil { return own }
    guard isTrainingFolder else { return (nil, nil) }
    return (path, ImageFolder.splits(of: FileSystem.parent(path)).validation)
  }

  /// The file names of a part's arrays.
  private func array(_ part: Part) -> (images: String, labels: String)? {
    let prefixes =
      switch part {
      case .train: ["train_"]
      case .validation: ["val_", "test_"]
      case .whole: ["", "val_", "test_", "train_"]
      }
    return prefixes.first { names.contains($0 + "images.npy") }.map { prefix in
      (FileSystem.join(path, prefix + "images.npy"), FileSystem.join(path, prefix + "labels.npy"))
    }
  }

  /// The lines of `classes.txt`; nil where there is none.
  func classNames() throws -> [String]? {
    let file = FileSystem.join(path, "classes.txt")
    guard names.contains("classes.txt") else { return nil }
    let mapped = try MappedFile(file)
    let text = withExtendedLifetime(mapped) { String(decoding: mapped.buffer.bytes, as: UTF8.self) }
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    guard !lines.isEmpty else { throw InputError("the file names no class", at: file, cure: "write a class a line") }
    return lines
  }

  func source(_ part: Part, classNames: [String]?) throws -> any ImageSource {
    if !names.isEmpty || FileSystem.kind(path) == .folder {
      if isCIFAR {
        return try CIFAR(path, training: part == .train || part == .whole && !CIFAR.hasTest(path))
      }
      if let files = array(part) {
        return try ImageArrays(
          images: Npy.read(files.images), labels: Npy.read(files.labels), classNames: classNames, place: files.images)
      }
      switch part {
      case .train: if let folder = folders.train, folder != path { return try Self.open(folder, classNames) }
      case .validation: if let folder = folders.validation { return try Self.open(folder, classNames) }
      case .whole: if let folder = folders.train, folder != path { return try Self.open(folder, classNames) }
      }
    }
    return try Self.open(path, classNames)
  }

  /// One part: class folders, shards or arrays.
  private static func open(_ path: String, _ classNames: [String]?) throws -> any ImageSource {
    guard FileSystem.kind(path) == .folder else {
      guard path.contains(".tar") || path.contains(".tgz") else {
        throw InputError(
          FileSystem.kind(path) == .absent ? "there is no such folder" : "these are no images known here", at: path,
          cure: "give a folder with train/CLASS/*.jpg, CIFAR's files, .npy files or .tar shards")
      }
      return try TarShards(ShardList.expand(path), classNames: classNames)
    }
    let names = try FileSystem.names(in: path)
    if names.contains("images.npy") {
      return try ImageArrays(
        images: Npy.read(FileSystem.join(path, "images.npy")), labels: Npy.read(FileSystem.join(path, "labels.npy")),
        classNames: classNames, place: FileSystem.join(path, "images.npy"))
    }
    let shards = names.filter { [".tar", ".tar.gz", ".tgz"].contains(where: $0.hasSuffix) }
    if !shards.isEmpty { return try TarShards(shards.map { FileSystem.join(path, $0) }, classNames: classNames) }
    return try ImageFolder(path, classNames: classNames)
  }
}
