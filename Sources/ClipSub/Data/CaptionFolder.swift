import SubCore
import SubData

/// The pairs of a folder: images, and beside each a text file of the same name, in any depth.
struct CaptionFolder: CaptionPairs {
  /// Images without a caption and captions without an image.
  let faults: [CaptionFault]
  private let root: String
  private let options: CaptionOptions
  private let readsLabels: Bool
  /// Paths below the root, sorted.
  private let images: [String]

  var count: Int { images.count }

  init(_ root: String, options: CaptionOptions, readsLabels: Bool) throws {
    var images: [String] = []
    var faults: [CaptionFault] = []
    let captionEnding = options.jsonFields.isEmpty ? options.textEnding : "json"
    func list(_ folder: String, _ names: [String], _ walk: inout FolderWalk) throws {
      let known = Set(names)
      for name in names where !name.hasPrefix(".") {
        let path = FileSystem.join(folder, name)
        if let (stem, ending) = Self.split(name) {
          if options.imageEndings.contains(ending.lowercased()) {
            if known.contains("\(stem).\(captionEnding)") {
              images.append(path)
            } else {
              faults.append(CaptionFault(.noCaption, path, "there is no \(stem).\(captionEnding)"))
            }
            continue
          }
          if ending == captionEnding {
            let hasImage = options.imageEndings.contains {
              known.contains("\(stem).\($0)") || known.contains("\(stem).\($0.uppercased())")
            }
            if !hasImage { faults.append(CaptionFault(.noImage, path, "there is no image of that name")) }
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
    let name = images[index]
    let path = FileSystem.join(root, name)
    let stem = Self.split(path)!.stem
    let text = options.jsonFields.isEmpty ? Self.contents("\(stem).\(options.textEnding)") : nil
    let needsJSON = readsLabels || !options.jsonFields.isEmpty
    let json = needsJSON ? Self.contents("\(stem).json") : nil
    let (caption, label) = try CaptionText.read(
      name: name, text: text, json: json, options: options, readsLabel: readsLabels, has: "no text file")
    return CaptionPair(name: path, caption: caption, imageFile: path, label: label)
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
