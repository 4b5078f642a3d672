import SubCore
import SubData

/// Image-caption data of any kind: WebDataset shards, a table, a folder.
public struct CaptionSet: Sendable {
  /// What kind of source it is.
  public enum Kind: String, Sendable { case shards, table, folder }

  /// The data as it was named.
  public let source: String
  /// What kind of source it is.
  public let kind: Kind
  /// Where captions lie, and what may be skipped.
  public let options: CaptionOptions
  /// The number of pairs; nil for shards, which are not counted before they are read.
  public var count: Int? { list?.count }
  /// Paths of the shards, in order; empty for other kinds.
  public let shards: [String]

  /// How likely each shard is drawn when resampling; sums up over the shards before it.
  let cumulativeWeights: [Double]
  private let readsLabels: Bool
  private let list: (any CaptionPairs)?
  private let listFaults: [CaptionFault]

  /// Finds out what `source` names: a CSV or TSV file or JSON lines, a folder of images with captions, a folder of shards, or shards
  /// in WebDataset's notation (`{00000..00331}`, `{a,b}`, several sources joined by `::`).
  ///
  /// Throws an `InputError` for a source that does not exist or holds no pair at all, saying what it holds instead.
  /// `readsLabels`: also read the classes from the JSON parts.
  public init(_ source: String, options: CaptionOptions = CaptionOptions(), readsLabels: Bool = false) throws {
    self.source = source
    self.options = options
    self.readsLabels = readsLabels
    var shards: [String] = []
    var list: (any CaptionPairs)?
    var faults: [CaptionFault] = []
    var weights: [Double] = []
    if FileSystem.kind(source) == .folder {
      shards = try ShardList.shards(in: source)
      if shards.isEmpty {
        let folder = try CaptionFolder(source, options: options, readsLabels: readsLabels)
        (list, faults) = (folder, folder.faults)
        kind = .folder
      } else {
        kind = .shards
      }
    } else if Table.isTable(source) {
      list = try CaptionTable(source, options: options)
      kind = .table
    } else {
      kind = .shards
      (shards, weights) = try Self.shards(source, options.weights)
    }
    if kind != .shards || weights.isEmpty, !options.weights.isEmpty {
      throw InputError(
        "\(options.weights.count) weights for data without that many sources", at: source,
        cure: "give weights for shard sources joined by ::, one each", isUsage: true)
    }
    self.shards = shards
    self.list = list
    listFaults = faults
    var sum = 0.0
    cumulativeWeights = shards.indices.map { index in
      sum += weights.isEmpty ? 1 : weights[index]
      return sum
    }
    try checkThatSomethingIsThere()
  }

  /// The shards of all sources, each with its source's weight; no weights where none are given.
  private static func shards(_ notation: String, _ weights: [Double]) throws -> ([String], [Double]) {
    if notation.hasPrefix("pipe:") || notation.contains("://") {
      throw InputError(
        "shards must be local files", at: notation, cure: "download them first, then give their paths", isUsage: true)
    }
    let sources = weights.isEmpty ? [notation] : notation.split(separator: "::").map(String.init)
    guard weights.isEmpty || weights.count == sources.count else {
      throw InputError(
        "\(weights.count) weights for \(sources.count) sources", at: notation, cure: "give one weight per source",
        isUsage: true)
    }
    guard weights.allSatisfy({ $0.isFinite && $0 > 0 }) else {
      throw InputError("a weight must be positive", at: notation, cure: "leave the source out instead", isUsage: true)
    }
    var shards: [String] = []
    var each: [Double] = []
    for (index, source) in sources.enumerated() {
      let names = try ShardList.expand(source)
      shards += names
      if !weights.isEmpty { each += names.map { _ in weights[index] } }
    }
    for shard in shards where FileSystem.kind(shard) != .file {
      throw InputError(
        FileSystem.kind(shard) == .absent ? "there is no such shard" : "a shard must be a file", at: shard,
        cure: "check the path and the numbers between the braces")
    }
    // An archive may be called as it likes.
    if let other = shards.first(where: { !ShardList.isShard($0) }), (try? TarReader(other).next()) == nil {
      let known = (Table.endings + ShardList.endings).map { ".\($0)" }
      throw InputError(
        "this is neither a table nor a shard by its name, and no tar archive", at: other,
        cure: "give a file that ends in \(known.joined(separator: ", ")), or a folder")
    }
    return (shards, each)
  }

  /// Throws unless some pair can be had: at once, from the first shards that are not empty.
  private func checkThatSomethingIsThere() throws {
    let faults = CaptionFaults(source: source, limit: CaptionFaults.Limit(count: .max))
    var looked = 0
    if let list {
      for fault in listFaults { try faults.record(fault) }
      for index in 0..<min(list.count, 1000) {
        try Interruption.check()
        do {
          _ = try list.pair(at: index)
          return
        } catch { try faults.record(error) }
      }
      looked = list.count
    } else {
      for shard in shards.prefix(16) {
        try Interruption.check()
        let shard = CaptionShard(shard, options: options, readsLabels: false)
        if shard.count > 0 { return }
        looked += shard.samples
        for fault in shard.faults { try faults.record(fault) }
      }
    }
    let why = faults.summary
    let wanted =
      options.jsonFields.isEmpty
      ? "a .\(options.textEnding)" : "a .json with the field \(options.jsonFields.joined(separator: " or "))"
    throw InputError(
      "the data holds no image with a caption" + (why.isEmpty ? "" : ": \(why)"), at: source,
      cure: kind == .table
        ? "fill the columns \(options.imageColumn) and \(options.captionColumn)"
        : "every sample needs an image (\(options.imageEndings.joined(separator: ", "))) and \(wanted)"
          + (kind == .shards ? Self.advice(faults) : ""))
  }

  /// What is wrong with most shards in which nothing fits together.
  private static func advice(_ faults: CaptionFaults) -> String {
    if faults.count(.noCaption) > 0, faults.count(.noImage) > 0 {
      return ", one behind the other: archives are made in the order of names (tar --sort=name)"
    }
    return faults.count(.noImage) > 0 ? "; what stands behind the first dot of a name is its ending" : ""
  }

  /// What the data is, for a run that is resumed: shards by name and size, a table by its bytes, a folder by its images.
  var identity: JSON {
    var digest = SampleDigest()
    list?.add(to: &digest)
    for shard in shards {
      digest.add(FileSystem.name(shard))
      digest.add((try? InputFile(shard))?.count ?? 0)
    }
    return digest.json(count: count ?? shards.count)
  }

  /// The pairs of a part: a shard, or all there is. Faults found on the way are for the caller to record.
  func open(_ part: Int) -> (pairs: any CaptionPairs, faults: [CaptionFault]) {
    if let list { return (list, listFaults) }
    let shard = CaptionShard(shards[part], options: options, readsLabels: readsLabels)
    return (shard, shard.faults)
  }
}
