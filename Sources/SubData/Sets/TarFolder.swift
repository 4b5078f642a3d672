internal import SubCore

/// Pictures in class folders inside of one tar archive, plain or packed by gzip: `CLASS/…/*.jpg`, or such folders below
/// `train`, `val`, `test` …, as they would lie in the folder that the archive unpacks to. It is read once, from front to
/// back.
public struct TarFolder: Sendable {
  private let path: String
  private let pictures: TarPictures
  /// The folders of every picture and its name.
  private let parts: [[String]]
  private let splits: (train: String?, validation: String?)
  private let listing: PictureListing

  /// Whether there are pictures to evaluate on, beside others or alone.
  public var hasValidation: Bool { splits.validation != nil }

  /// Reads an archive; nil where its members are a WebDataset's, or no picture lies in a folder. Throws an `InputError` for
  /// a damaged one.
  public init?(_ path: String) throws {
    let reader = try TarReader(path)
    var pictures = TarPictures()
    var parts: [[String]] = []
    var listing = PictureListing()
    try pictures.open(path)
    while let entry = try reader.next() {
      try Interruption.check()
      let steps = entry.path.split(separator: "/").map(String.init).filter { $0 != "." }
      guard !steps.contains(where: ImageFolder.isLeftOver), let name = steps.last else { continue }
      let (isPicture, ending) = PictureListing.kind(of: name)
      guard isPicture else {
        if ending == ".cls" { return nil }
        listing.passOver(ending)
        continue
      }
      try pictures.add(FileSystem.join(path, entry.path), entry, reader.isPlain ? nil : reader.contents())
      parts.append(steps)
    }
    guard parts.contains(where: { $0.count > 1 }) else { return nil }
    // What unpacks into a folder of its own is that folder.
    while let first = parts[0].first, parts.allSatisfy({ $0.count > 2 && $0[0] == first }),
      ImageFolder.splits(among: [first]) == (nil, nil)
    {
      parts = parts.map { Array($0.dropFirst()) }
    }
    (self.path, self.pictures, self.parts, self.listing) = (path, pictures, parts, listing)
    let folders = Set(parts.filter { $0.count > 2 }.map { $0[0] })
    splits = ImageFolder.splits(among: folders.sorted())
  }

  /// The pictures to train on, those to evaluate on, or all of an archive without such parts.
  public enum Part: Sendable { case training, validation, whole }

  /// The pictures of a part, class by class as `ImageFolder` lists them. Classes are numbered by `order`, or as in
  /// `classNames`. Throws where there are none, and where the archive has a class that is not known.
  public func source(_ part: Part, classNames given: [String]? = nil, order: ClassOrder = .plain) throws
    -> any ImageSource
  {
    guard part != .training || splits.train != nil || splits.validation == nil else {
      throw InputError(
        "the archive has pictures to evaluate on alone, in '\(splits.validation ?? "")'", at: path,
        cure: "give it with --validation, and others to train on with --data")
    }
    let split = part == .training ? splits.train : part == .validation ? splits.validation : splits.train
    var classes: [String: [(place: Int, steps: ArraySlice<String>)]] = [:]
    for (place, steps) in parts.enumerated() where split == nil || steps[0] == split {
      let inside = steps.dropFirst(split == nil ? 0 : 1)
      guard inside.count > 1, let name = inside.first else { continue }
      classes[name, default: []].append((place, inside.dropFirst()))
    }
    let names = given ?? order.sorted(Array(classes.keys))
    let place = split.map { FileSystem.join(path, $0) } ?? path
    if let unknown = classes.keys.sorted().first(where: { !names.contains($0) }) {
      throw InputError(
        "the class '\(unknown)' is not among the \(names.count) known ones", at: place, cure: "remove or rename it")
    }
    var (labels, chosen): ([Int], [Int]) = ([], [])
    for (label, name) in names.enumerated() {
      let own = (classes[name] ?? []).sorted { Self.precedes($0.steps, $1.steps) }
      chosen += own.map(\.place)
      labels += Array(repeating: label, count: own.count)
    }
    guard !chosen.isEmpty else {
      throw InputError("the archive holds no pictures in class folders", at: place, cure: "lay it out as CLASS/*.jpg")
    }
    let remarks = part == .validation ? [] : listing.remarks(in: path)
    return Pictures(classNames: names, labels: labels, pictures: pictures.taking(chosen), remarks: remarks)
  }

  /// `ImageFolder`'s order: within a folder its own files sorted, then the folders below it.
  private static func precedes(_ a: ArraySlice<String>, _ b: ArraySlice<String>) -> Bool {
    for (index, (first, second)) in zip(a, b).enumerated() where first != second {
      let (aEnds, bEnds) = (index == a.count - 1, index == b.count - 1)
      return aEnds == bEnds ? first.unicodeScalars.lexicographicallyPrecedes(second.unicodeScalars) : aEnds
    }
    return a.count < b.count
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
