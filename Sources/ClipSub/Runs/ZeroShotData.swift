public import SubData

/// What a zero-shot evaluation looks at.
public enum ZeroShotData {
  /// Pictures in class folders: top-1 and top-5.
  case classes(ImageFolder)
  /// Images with captions: retrieval, and top-1 and top-5 of those whose JSON names a label.
  case captions(CaptionSet)

  /// A folder of classes, of one below a `val` split, or image-caption data.
  public init(_ path: String, _ options: CaptionOptions = CaptionOptions()) throws {
    if let images = Self.classFolders(path, options) {
      self = .classes(images)
    } else {
      self = .captions(try CaptionSet(path, options: options, readsLabels: true))
    }
  }

  /// The class folders in order; none where the data are captions.
  public var classFolders: [String] {
    if case .classes(let images) = self { images.classNames } else { [] }
  }

  /// The pictures of a folder of classes, or of its validation split; nil where it is none, or has captions.
  private static func classFolders(_ path: String, _ options: CaptionOptions) -> ImageFolder? {
    guard FileSystem.kind(path) == .folder else { return nil }
    let folder = ImageFolder.splits(of: path).validation ?? path
    guard let images = try? ImageFolder(folder), let first = images.paths.first, let dot = first.lastIndex(of: "."),
      ["." + options.textEnding, options.jsonFields.isEmpty ? "" : ".json"].allSatisfy({ ending in
        ending.isEmpty || FileSystem.kind(first[..<dot] + ending) == .absent
      })
    else { return nil }
    return images
  }
}
