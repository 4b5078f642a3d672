import SubCore
import SubData

/// The pairs of a folder: images, and beside each a text file of the same name, in any depth.
struct CaptionFolder: CaptionPairs {
  /// Images without a caption and captions without an image.
  let faults: [CaptionFault]
  private let root: String
  private let options: CaptionOptions
  private let readsLabels: Bool
  /// Paths below the root, sorted: images, and what their captions' files are called, whose ending may be in capitals.
  private let images: [(path: String, caption: String)]

  var count: Int { images.count }

  init(_ root: String, options: CaptionOptions, readsLabels: Bool) throws {
    var images: [(path: String, caption: String)] = []
    var faults: [CaptionFault] = []
    let captionEnding = options.jsonFields.isEmpty ? options.textEnding : "json"
    func list(_ folder: String, _ names: [String], _ walk: inout FolderWalk) throws {
      let split = names.compactMap { name in Self.split(name).map { (name, stem: $0.stem, ending: $0.ending) } }
      let captions = Dictionary(
        split.filter { $0.ending.lowercased() == captionEnding.lowercased() }.map { ($0.stem, $0.0) },
        // Of two the one as it is wanted, which stands behind capitals.
        uniquingKeysWith: { $1 })
      let pictured = Set(
        split.filter { options.imageEndings.contains($0.ending.lowercased()) }.map(\.stem))
      for name in names where !name.hasPrefix(".") {
        let path = FileSystem.join(folder, name)
        if let (stem, ending) = Self.split(name) {
          if options.imageEndings.contains(ending.lowercased()) {
            if let caption = captions[stem] {
              images.append((path, FileSystem.join(folder, caption)))
            } else {
              faults.append(CaptionFault(.noCaption, path, "there is no \(stem).\(captionEnding)"))
            }
            continue
          }
          if ending.lowercased() == captionEnding.lowercased() {
            if !pictured.contains(stem) {
              faults.append(CaptionFault(.noImage, path, "there is no image of that name"))
            }
            continue
          }
        }
        let place = FileSystem.join(root, path)
        if FileSystem.kind(place) == .folder { try walk.enter(place) { try list(path, $1, &$0) } }
      }
    }
    var walk = FolderWalk()
    try walk.enter(root) { try list("", $1, &$0) }
    self.root = root
    self.options = options
    self.readsLabels = readsLabels
    self.images = images
    self.faults = faults
  }

  func pair(at index: Int) throws(CaptionFault) -> CaptionPair {
    let (name, file) = images[index]
    let path = FileSystem.join(root, name)
    let caption = Self.contents(FileSystem.join(root, file))
    let isJSON = !options.jsonFields.isEmpty
    let text = isJSON ? nil : caption
    let json = isJSON ? caption : readsLabels ? Self.contents("\(Self.split(path)!.stem).json") : nil
    let (words, label) = try CaptionText.read(
      name: name, text: text, json: json, options: options, readsLabel: readsLabels, has: "no text file")
    return CaptionPair(name: path, caption: words, imageFile: path, label: label)
  }

  func add(to digest: inout SampleDigest) {
    for image in images { digest.add(image.path) }
  }

  private static func contents(_ path: String) -> HostArray? {
    guard let file = try? InputFile(path), file.count <= 16 << 20 else { return nil }
    return try? file.array()
  }

  private static func split(_ name: String) -> (stem: String, ending: String)? {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex, name[name.index(before: dot)] != "/" else {
      return nil
    }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
  }
}
