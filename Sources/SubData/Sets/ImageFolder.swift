internal import SubCore

/// Pictures in one folder per class, `ROOT/CLASS/…/*.jpg`, as torchvision's ImageFolder: classes are the sorted names
/// of the folders, pictures are listed class by class in sorted order, folders below a class belong to it.
public struct ImageFolder: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  /// The path of every picture.
  public let paths: [String]

  public var count: Int { paths.count }

  /// Lists the pictures below `root`. With `classNames`, labels are positions in that list (a validation folder must
  /// number its classes as the training folder did) and other folders are errors.
  ///
  /// Throws `InputError` if there is no folder, no class or no picture.
  public init(_ root: String, classNames given: [String]? = nil) throws {
    let found = try FileSystem.names(in: root).filter { FileSystem.kind(root + "/" + $0) == .folder }
    guard !found.isEmpty else {
      throw InputError("the folder holds no class folders", at: root, cure: "lay it out as CLASS/*.jpg")
    }
    let names = given ?? found
    let numbers = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    var paths: [String] = []
    var labels: [Int] = []
    var walk = FolderWalk()
    for name in found {
      guard let label = numbers[name] else {
        throw InputError(
          "the class '\(name)' is not among the \(names.count) known ones", at: root, cure: "remove or rename it")
      }
      let pictures = try walk.enter(root + "/" + name) { try Self.pictures(in: root + "/" + name, $1, &$0) }
      paths += pictures
      labels += Array(repeating: label, count: pictures.count)
    }
    guard !paths.isEmpty else {
      throw InputError("the folder holds no pictures", at: root, cure: "put JPEG, PNG or WebP files into CLASS folders")
    }
    self.classNames = names
    self.paths = paths
    self.labels = labels
  }

  public func name(of index: Int) -> String { paths[index] }

  public func image(at index: Int) throws -> SourceImage {
    .file(try InputFile(paths[index]).array(), name: paths[index])
  }

  /// The folders of training and validation pictures below a data folder: `train` and `val` (or `valid`, `validation`,
  /// `test`), nil where there is none.
  public static func splits(of data: String) -> (train: String?, validation: String?) {
    func first(_ names: [String]) -> String? { names.map { data + "/" + $0 }.first { FileSystem.kind($0) == .folder } }
    return (first(["train"]), first(["val", "valid", "validation", "test"]))
  }

  /// torchvision's order: within a folder its own files sorted, then the folders below it.
  private static func pictures(
    in folder: String, _ names: [String], _ walk: inout FolderWalk
  ) throws -> [String] {
    let isFolder = { (name: String) in FileSystem.kind(folder + "/" + name) == .folder }
    let (folders, files) = (names.filter(isFolder), names.filter { !isFolder($0) })
    let pictures = files.filter { name in
      name.lastIndex(of: ".").map { dot in
        ImageFormat.folderExtensions.contains(name[name.index(after: dot)...].lowercased())
      } ?? false
    }
    return try pictures.map { folder + "/" + $0 }
      + folders.flatMap { name in
        let path = folder + "/" + name
        return try walk.enter(path) { try Self.pictures(in: path, $1, &$0) }
      }
  }
}
