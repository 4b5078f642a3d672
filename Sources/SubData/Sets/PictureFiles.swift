internal import SubCore

/// Pictures that nobody has labelled: files, and folders with all that lies below them, in the order of torchvision's.
public struct PictureFiles: ImageSource {
  /// The path of every picture.
  public let paths: [String]
  public let remarks: [String]

  public var classNames: [String] { [] }
  public var labels: [Int] { Array(repeating: 0, count: paths.count) }
  public var count: Int { paths.count }

  /// Files, whatever they are called, and folders, of whose files those with a picture's ending count. Throws an
  /// `InputError` for what is not there, and for a folder without pictures.
  public init(_ places: [String]) throws {
    var (paths, remarks): ([String], [String]) = ([], [])
    for place in places {
      switch FileSystem.kind(place) {
      case .absent: throw InputError("there is no such file or folder", at: place, cure: "check the path")
      case .other: throw InputError("this is no regular file", at: place, cure: "name a picture, or a folder of some")
      case .file: paths.append(place)
      case .folder:
        let folder = FileSystem.trimmed(place)
        var (found, walk) = (PictureListing(), FolderWalk())
        try found.list(folder, &walk)
        guard !found.pictures.isEmpty else {
          throw InputError("the folder holds no pictures", at: place, cure: "put JPEG, PNG or WebP files into it")
        }
        paths += found.pictures
        remarks += found.remarks(in: folder)
      }
    }
    (self.paths, self.remarks) = (paths, remarks)
  }

  public func name(of index: Int) -> String { paths[index] }

  public func image(at index: Int) throws -> SourceImage {
    .file(try InputFile(paths[index]).array(), name: paths[index])
  }
}
