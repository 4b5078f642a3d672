internal import SubCore

/// Pictures in class folders inside of one tar archive, plain or packed by gzip: `CLASS/…/*.jpg`, or such folders below
/// `train`, `val`, `test` …, as they would lie in the folder that the archive unpacks to: links inside of it are followed.
/// It is read once, from front to back.
public struct TarFolder: Sendable {
  private let path: String
  private let pictures: TarPictures
  /// The folders of every picture and its name.
  private let parts: [[String]]
  private let splits: (train: String?, validation: String?)
  private let listing: PictureListing
  /// Links that lead to no picture of the archive.
  private let lostLinks: Int

  /// Whether there are pictures to evaluate on, beside others or alone.
  public var hasValidation: Bool { splits.validation != nil }

  /// Reads an archive; nil where its members are a WebDataset's, or no picture lies in a folder. Throws an `InputError` for
  /// a damaged one.
  public init?(_ path: String) throws {
    let reader = try TarReader(path, givesLinks: true)
    var pictures = TarPictures()
    var (tree, listing) = (TarTree(), PictureListing())
    var unreadable: String?
    try pictures.open(path)
    while let entry = try reader.next() {
      try Interruption.check()
      let steps = TarTree.steps(entry.path)
      guard !steps.contains(where: ImageFolder.isLeftOver), let name = steps.last else { continue }
      let (isPicture, ending) = PictureListing.kind(of: name)
      if let link = entry.link {
        tree.add(link, at: steps)
      } else if isPicture {
        tree.add(pictures.count, at: steps)
        try pictures.add(FileSystem.join(path, entry.path), entry, reader.isPlain ? nil : reader.contents())
      } else {
        if ending == ".cls" { return nil }
        listing.passOver(ending)
        continue
      }
      if !entry.isUTF8, unreadable == nil { unreadable = entry.path }
    }
    let (found, lostLinks) = try tree.pictures(at: path)
    var (parts, chosen): ([[String]], [(name: String, picture: Int)]) = ([], [])
    for (steps, picture) in found {
      // A link may have another name than the picture that it leads to.
      let (isPicture, ending) = PictureListing.kind(of: steps.last ?? "")
      guard isPicture else {
        listing.passOver(ending)
        continue
      }
      parts.append(steps)
      chosen.append((FileSystem.join(path, steps.joined(separator: "/")), picture))
    }
    guard parts.contains(where: { $0.count > 1 }) else { return nil }
    if let unreadable { throw InputError("the name '\(unreadable)' is not UTF-8", at: path, cure: "rename it") }
    while let folder = Self.outerFolder(parts) {
      parts = parts.map { $0.count > 1 && $0[0] == folder ? Array($0.dropFirst()) : $0 }
    }
    (self.path, self.pictures, self.parts, self.listing) = (path, pictures.taking(chosen), parts, listing)
    self.lostLinks = lostLinks
    splits = ImageFolder.splits(among: Self.folders(parts))
  }

  /// The folders that hold class folders, sorted.
  private static func folders(_ parts: [[String]]) -> [String] {
    Set(parts.filter { $0.count > 2 }.map { $0[0] }).sorted()
  }

  /// The only folder, where it is no class but what the archive unpacks into: nothing but folders lies in it, or splits
  /// do.
  private static func outerFolder(_ parts: [[String]]) -> String? {
    let inside = parts.filter { $0.count > 1 }
    guard let folder = inside.first?[0], inside.allSatisfy({ $0[0] == folder }),
      ImageFolder.splits(among: [folder]) == (nil, nil)
    else { return nil }
    let hasSplits = ImageFolder.splits(among: folders(inside.map { Array($0.dropFirst()) })).train != nil
    return hasSplits || inside.allSatisfy { $0.count > 2 } ? folder : nil
  }

  /// The pictures to train on, those to evaluate on, or all of an archive without such parts.
  public enum Part: Sendable { case training, validation, whole }

  /// The pictures of a part, class by class as `ImageFolder` lists them. Classes are numbered by `order`, or as in
  /// `classNames`. Throws where there are none, where the archive has a class that is not known, and where the folders are
  /// splits by other names rather than classes.
  public func source(_ part: Part, classNames given: [String]? = nil, order: ClassOrder = .plain) throws
    -> any ImageSource
  {
    guard part != .training || splits.train != nil || splits.validation == nil else {
      throw InputError(
        "the archive has pictures to evaluate on alone, in '\(splits.validation ?? "")'", at: path,
        cure: "give it with --validation, and others to train on with --data")
    }
    let split = part == .training ? splits.train : part == .validation ? splits.validation : splits.train
    let place = split.map { FileSystem.join(path, $0) } ?? path
    var classes: [String: [(picture: Int, folder: String, name: String)]] = [:]
    var loose = 0
    for (picture, steps) in parts.enumerated() where split == nil || steps[0] == split {
      let inside = steps.dropFirst(split == nil ? 0 : 1)
      guard inside.count > 1, let name = inside.first, let file = inside.last else {
        loose += 1
        continue
      }
      classes[name, default: []].append((picture, inside.dropLast().joined(separator: "/"), file))
    }
    let names = given ?? order.sorted(Array(classes.keys))
    if given == nil, split == nil {
      try ImageFolder.refuseSplits(
        names, at: place, cure: "call them train and val, or unpack it and name them with --data and --validation")
    }
    if let unknown = classes.keys.sorted().first(where: { !names.contains($0) }) {
      throw InputError(
        "the class '\(unknown)' is not among the \(names.count) known ones", at: place, cure: "remove or rename it")
    }
    var (labels, chosen): ([Int], [(name: String, picture: Int)]) = ([], [])
    for (label, name) in names.enumerated() {
      let own = (classes[name] ?? []).sorted {
        PictureListing.precedes(($0.folder, $0.name), ($1.folder, $1.name))
      }
      chosen += own.map { (pictures.name(of: $0.picture), $0.picture) }
      labels += Array(repeating: label, count: own.count)
    }
    guard !chosen.isEmpty else {
      throw InputError("the archive holds no pictures in class folders", at: place, cure: "lay it out as CLASS/*.jpg")
    }
    return Pictures(
      classNames: names, labels: labels, pictures: pictures.taking(chosen),
      remarks: part == .validation ? [] : remarks(loosePictures: loose))
  }

  /// What was passed over, in a line each.
  private func remarks(loosePictures: Int) -> [String] {
    var remarks = listing.remarks(in: path, loosePictures: loosePictures)
    if lostLinks > 0 { remarks.append("\(lostLinks) links in \(path) lead to no picture in it and are left out") }
    if splits.train != nil, splits.validation == nil {
      let flat = Dictionary(parts.filter { $0.count == 2 }.map { ($0[0], 1) }, uniquingKeysWith: +)
      remarks += [ImageFolder.unusedSplit(among: flat.keys.sorted(), in: path) { flat[$0] ?? 0 }].compactMap(\.self)
    }
    return remarks
  }

  /// A part's pictures.
  private struct Pictures: ImageSource {
    let classNames: [String]
    let labels: [Int]
    let pictures: TarPictures
    let remarks: [String]

    var count: Int { labels.count }
    func name(of index: Int) -> String { pictures.name(of: index) }
    func image(at index: Int) throws -> SourceImage { try pictures.image(at: index) }
  }
}
