public import SubCore

/// Labelled pictures in WebDataset shards: each sample has a picture (`jpg`, `png`, `jpeg` or `webp`) and a class
/// number (`cls`). Shards are listed once; pictures are then read where they lie. Those of gzip shards are kept in
/// memory.
public struct TarShards: ImageSource {
  public let classNames: [String]
  public let labels: [Int]
  /// What was wrong with shards that were read only in part.
  public let problems: [InputError]
  /// Samples without a picture or a class.
  public let incomplete: Int

  private let pictures: TarPictures

  public var count: Int { pictures.count }

  /// Lists the samples of the shards. A shard that is cut or damaged counts up to there; more than `mostProblems` of
  /// them, or no sample at all, throw `InputError`.
  public init(_ shards: [String], classNames: [String]? = nil, mostProblems: Int = 10) throws {
    var labels: [Int] = []
    var pictures = TarPictures()
    var problems: [InputError] = []
    var incomplete = 0
    for path in shards {
      do {
        let reader = try TarReader(path)
        let plain = reader.isPlain
        try pictures.open(path)
        let samples = TarSamples(reader) { $0 == "cls" || !plain && ImageFormat.endings.contains($0) }
        while let sample = try samples.next() {
          try Interruption.check()
          guard let entry = sample.entry(ImageFormat.endings), let text = sample.contents("cls") else {
            incomplete += 1
            continue
          }
          labels.append(try Self.label(text, at: "\(path), \(sample.key).cls", classes: classNames?.count))
          let held = sample.parts.first { $0.entry == entry }?.contents
          try pictures.add("\(path), \(sample.key)", entry, held)
        }
      } catch let error as InputError {
        problems.append(error)
        guard problems.count <= mostProblems else { throw error }
      }
    }
    guard pictures.count > 0 else {
      throw problems.first
        ?? InputError(
          "the shards hold no labelled pictures", at: shards.first ?? "",
          cure: "store a picture (jpg, png, webp) and its class number (cls) under one name")
    }
    if classNames == nil { try ClaimedClasses.check(labels.max() ?? 0, pictures: labels.count, at: shards[0]) }
    self.classNames = classNames ?? (0...(labels.max() ?? 0)).map(String.init)
    self.labels = labels
    self.problems = problems
    self.incomplete = incomplete
    self.pictures = pictures
  }

  public var remarks: [String] {
    problems.map { "read in part: \($0)" }
      + (incomplete > 0 ? ["\(incomplete) samples without a picture or a class were left out"] : [])
  }

  public func name(of index: Int) -> String { pictures.name(of: index) }
  public func image(at index: Int) throws -> SourceImage { try pictures.image(at: index) }

  private static func label(_ bytes: HostArray, at place: String, classes: Int?) throws -> Int {
    let text = bytes.withBytes { String(decoding: $0.prefix(256), as: UTF8.self) }.trimmed
    guard bytes.count <= 256, let label = Int(text), label >= 0, label < classes ?? .max else {
      throw InputError("'\(text.prefix(32))' is no class number", at: place, cure: "write a number from 0, in digits")
    }
    return label
  }
}
