/// Pictures below a folder, and what was passed over there.
struct PictureListing {
  private(set) var pictures: [String] = []
  /// How many files of each other ending.
  private var others: [String: Int] = [:]

  /// Adds the pictures of a folder and of those below it, in `precedes`' order.
  mutating func list(_ folder: String, _ walk: inout FolderWalk) throws {
    var found: [(folder: String, name: String)] = []
    func gather(_ folder: String, _ walk: inout FolderWalk) throws {
      try walk.enter(folder) { walk, names in
        let (folders, files) = ImageFolder.parted(names, in: folder)
        for name in files {
          let (isPicture, ending) = Self.kind(of: name)
          if isPicture { found.append((folder, name)) } else { passOver(ending) }
        }
        for name in folders { try gather(folder + "/" + name, &walk) }
      }
    }
    try gather(folder, &walk)
    pictures += found.sorted(by: Self.precedes).map { $0.folder + "/" + $0.name }
  }

  /// torchvision's order (`sorted(os.walk(…))`): folders by their whole paths, the files of each by name, both by code
  /// points, which UTF-8 keeps.
  static func precedes(_ a: (folder: String, name: String), _ b: (folder: String, name: String)) -> Bool {
    a.folder.utf8.elementsEqual(b.folder.utf8)
      ? a.name.utf8.lexicographicallyPrecedes(b.name.utf8) : a.folder.utf8.lexicographicallyPrecedes(b.folder.utf8)
  }

  /// Counts a file of another ending.
  mutating func passOver(_ ending: String) { others[ending, default: 0] += 1 }

  /// Whether a file is a picture by its name, and the ending with its dot, in small letters; none that is longer than an
  /// ending is.
  static func kind(of name: String) -> (isPicture: Bool, ending: String) {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return (false, "") }
    let ending = name[name.index(after: dot)...].lowercased()
    return (ImageFormat.endings.contains(ending), ending.utf8.count <= 8 ? ".\(ending)" : "")
  }

  /// What was passed over, in a line each.
  func remarks(in root: String, loosePictures: Int = 0) -> [String] {
    var remarks: [String] = []
    if loosePictures > 0 {
      remarks.append("\(loosePictures) pictures beside the class folders of \(root) have no class")
    }
    if !others.isEmpty {
      let kinds = others.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      remarks.append(
        "\(others.values.reduce(0, +)) files in \(root) are no JPEG, PNG or WebP by their ending and are left out: "
          + kinds.prefix(6).map { "\($0.value) \($0.key.isEmpty ? "others" : $0.key)" }.joined(separator: ", "))
    }
    return remarks
  }
}
