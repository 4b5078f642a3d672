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

  private enum Place: Sendable {
    case file(shard: Int, offset: Int, size: Int)
    case memory(HostArray)
  }
  private let shards: [InputFile]
  private let places: [(shard: Int, key: String, place: Place)]

  public var count: Int { places.count }

  /// Lists the samples of the shards. A shard that is cut or damaged counts up to there; more than `mostProblems` of
  /// them, or no sample at all, throw `InputError`.
  public init(_ shards: [String], classNames: [String]? = nil, mostProblems: Int = 10) throws {
    var labels: [Int] = []
    var places: [(shard: Int, key: String, place: Place)] = []
    var problems: [InputError] = []
    var incomplete = 0
    var files: [InputFile] = []
    for path in shards {
      do {
        let shard = files.count
        files.append(try InputFile(path))
        let reader = try TarReader(path)
        let plain = reader.isPlain
        let samples = TarSamples(reader) { $0 == "cls" || !plain && TarSamples.imageKinds.contains($0) }
        while let sample = try samples.next() {
          try Interruption.check()
          guard let entry = sample.entry(TarSamples.imageKinds), let text = sample.contents("cls") else {
            incomplete += 1
            continue
          }
          labels.append(try Self.label(text, at: "\(path), \(sample.key).cls", classes: classNames?.count))
          let held = sample.parts.first { $0.entry == entry }?.contents
          places.append(
            (shard, sample.key, held.map { .memory($0) } ?? .file(shard: shard, offset: entry.offset, size: entry.size))
          )
        }
      } catch let error as InputError {
        problems.append(error)
        guard problems.count <= mostProblems else { throw error }
      }
    }
    guard !places.isEmpty else {
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
    self.shards = files
    self.places = places
  }

  public var remarks: [String] {
    problems.map { "read in part: \($0)" }
      + (incomplete > 0 ? ["\(incomplete) samples without a picture or a class were left out"] : [])
  }

  public func name(of index: Int) -> String { "\(shards[places[index].shard].path), \(places[index].key)" }

  public func image(at index: Int) throws -> SourceImage {
    switch places[index].place {
    case .memory(let bytes): .file(bytes, name: name(of: index))
    case .file(let shard, let offset, let size):
      .file(try shards[shard].array(offset..<(offset + size)), name: name(of: index))
    }
  }

  private static func label(_ bytes: HostArray, at place: String, classes: Int?) throws -> Int {
    let text = bytes.withBytes { String(decoding: $0.prefix(32), as: UTF8.self) }
    let digits = text.filter { !$0.isWhitespace }
    guard let label = Int(digits), label >= 0, label < classes ?? .max else {
      throw InputError("'\(digits)' is no class number", at: place, cure: "write a number from 0, in digits")
    }
    return label
  }
}
