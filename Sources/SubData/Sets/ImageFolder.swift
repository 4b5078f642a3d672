internal import SubCore

/// Pictures in one folder per class, `ROOT/CLASS/…/*.jpg`, as torchvision's ImageFolder: classes are the sorted names
/// of the folders, pictures are listed class by class in sorted order, folders below a class belong to it. What begins
/// with a dot, and `__MACOSX`, is left behind by other programs and is neither class nor picture.
public struct ImageFolder: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  /// The path of every picture.
  public let paths: [String]
  public let remarks: [String]

  public var count: Int { paths.count }

  /// Lists the pictures below `root`. With `classNames`, labels are positions in that list (a validation folder must
  /// number its classes as the training folder did) and other folders are errors.
  ///
  /// Throws `InputError` if there is no folder, no class or no picture, where a class has none, and where the folders
  /// are splits rather than classes.
  public init(_ root: String, classNames given: [String]? = nil, order: ClassOrder = .plain) throws {
    let listed = try FileSystem.names(in: root)
    let (folders, loose) = Self.parted(listed, in: root)
    guard !folders.isEmpty else {
      throw InputError("the folder holds no class folders", at: root, cure: "lay it out as CLASS/*.jpg")
    }
    if given == nil {
      try Self.refuseSplits(
        folders, at: root,
        cure: "name the folder that holds the classes (--data \(root)/\(folders[0])), and the other with --validation")
      if folders.count == 1, Self.splits(of: root + "/" + folders[0]).train != nil {
        throw InputError(
          "its only folder, '\(folders[0])', holds splits and not pictures of a class", at: root,
          cure: "give --data \(root)/\(folders[0])")
      }
    }
    let names = given ?? order.sorted(folders)
    let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var found = PictureListing()
    var labels: [Int] = []
    var walk = FolderWalk()
    for name in given == nil ? names : folders {
      let before = found.pictures.count
      try found.list(root + "/" + name, &walk)
      let count = found.pictures.count - before
      if count == 0, given != nil { continue }
      guard count > 0 else {
        throw InputError(
          "the class '\(name)' has no pictures", at: root + "/" + name,
          cure: "remove the folder, or put JPEG, PNG or WebP files into it")
      }
      guard let label = numbers[name] else {
        throw InputError(
          "the class '\(name)' is not among the \(names.count) known ones", at: root, cure: "remove or rename it")
      }
      labels += Array(repeating: label, count: count)
    }
    guard !found.pictures.isEmpty else {
      throw InputError("the folder holds no pictures", at: root, cure: "put JPEG, PNG or WebP files into CLASS folders")
    }
    (classNames, self.labels, paths) = (names, labels, found.pictures)
    var remarks = found.remarks(in: root, loosePictures: loose.count { PictureListing.kind(of: $0).isPicture })
    let (other, both) = (ClassOrder.natural.sorted(folders), order.sorted(folders))
    if given == nil, order == .plain, other != both, let place = other.indices.first(where: { other[$0] != both[$0] }) {
      remarks.append(
        "classes in plain order, as torchvision's: class \(place) is '\(both[place])'; in timm's order it is "
          + "'\(other[place])' (--class-order natural)")
    }
    self.remarks = remarks
  }

  public func name(of index: Int) -> String { paths[index] }

  public func image(at index: Int) throws -> SourceImage {
    .file(try InputFile(paths[index]).array(), name: paths[index])
  }

  /// What other programs leave among pictures.
  static func isLeftOver(_ name: String) -> Bool { name.hasPrefix(".") || name == "__MACOSX" }

  /// Folders and files of those names, without what is left over.
  static func parted(_ names: [String], in folder: String) -> (folders: [String], files: [String]) {
    let names = names.filter { !isLeftOver($0) }
    let isFolder = names.map { FileSystem.kind(folder + "/" + $0) == .folder }
    return (zip(names, isFolder).filter(\.1).map(\.0), zip(names, isFolder).filter { !$0.1 }.map(\.0))
  }
}

// Splits.
extension ImageFolder {
  /// What folders of training and of evaluation pictures are called, in the order in which they are looked for: timm's
  /// names, then those of test sets.
  private static let splitNames = (
    train: ["train", "training"],
    validation: ["val", "valid", "validation", "eval", "evaluation", "test", "testing"]
  )

  /// The folders of training and validation pictures below a data folder: `train` (or `training`) and `val` (or `valid`,
  /// `validation`, `eval`, `evaluation`, `test`, `testing`), in capitals or not; nil where there is none. A folder of
  /// pictures without classes is no such split.
  public static func splits(of data: String) -> (train: String?, validation: String?) {
    let found = splits(among: (try? FileSystem.names(in: data)) ?? []) { hasClasses(data + "/" + $0) }
    return (found.train.map { data + "/" + $0 }, found.validation.map { data + "/" + $0 })
  }

  /// Which of some folders are splits by their names, of those that `isMeant`.
  static func splits(
    among folders: [String], where isMeant: (String) -> Bool = { _ in true }
  ) -> (train: String?, validation: String?) {
    func first(_ names: [String]) -> String? {
      for name in names {
        if let found = folders.first(where: { $0 == name && isMeant($0) })
          ?? folders.first(where: { $0.lowercased() == name && isMeant($0) })
        {
          return found
        }
      }
      return nil
    }
    return (first(splitNames.train), first(splitNames.validation))
  }

  /// Says of a data folder's pictures to evaluate on that they lie there without classes, as ImageNet's unpack; nil where
  /// others can be used, or none are there.
  package static func unusedSplit(of data: String) -> String? {
    let found = splits(of: data)
    guard found.train != nil, found.validation == nil, let names = try? FileSystem.names(in: data) else { return nil }
    return unusedSplit(among: names, in: data) { name in
      let files = FileSystem.kind(data + "/" + name) == .folder ? try? FileSystem.names(in: data + "/" + name) : nil
      return (files ?? []).count { !isLeftOver($0) && PictureListing.kind(of: $0).isPicture }
    }
  }

  /// The same of folders that hold so many pictures each beside no class folders.
  static func unusedSplit(among folders: [String], in place: String, pictures: (String) -> Int) -> String? {
    guard let name = splits(among: folders, where: { pictures($0) > 0 }).validation else { return nil }
    return "\(FileSystem.join(place, name)) holds \(pictures(name)) pictures without class folders: not used"
  }

  /// Whether a folder holds labelled pictures in any form: class folders, shards or arrays.
  private static func hasClasses(_ folder: String) -> Bool {
    guard FileSystem.kind(folder) == .folder, let names = try? FileSystem.names(in: folder) else { return false }
    return names.contains { $0.hasSuffix(".npy") || ShardList.isShard($0) }
      || !parted(names, in: folder).folders.isEmpty
  }

  /// Throws where all folders are called as splits are: one level too high, or splits by other names.
  static func refuseSplits(_ folders: [String], at root: String, cure: String) throws {
    let words = Set(splitNames.train + splitNames.validation)
    func isSplit(_ name: String) -> Bool {
      name.lowercased().split { !$0.isLetter }.contains { words.contains(String($0)) }
    }
    if folders.allSatisfy(isSplit) {
      throw InputError(
        "\(folders.map { "'\($0)'" }.joined(separator: ", ")): these are names of splits, not of classes", at: root,
        cure: cure)
    }
  }
}
