import SubCore
import SubData

/// The pairs of one WebDataset shard: a plain tar's images stay in the file until they are asked for, those of a packed
/// one are kept in memory.
struct CaptionShard: CaptionPairs {
  /// What a packed shard may unpack to, in bytes.
  static let largestPacked = 4 << 30

  /// What was wrong with samples of the shard, and with the shard itself.
  let faults: [CaptionFault]
  /// How many samples the shard has, usable or not.
  let samples: Int
  private let entries: [Entry]
  private let bytes: HostBuffer?
  private let shortName: String

  private struct Entry {
    var key: String
    var caption: String
    var label: Int?
    var place: Place
  }

  private enum Place {
    case file(Range<Int>)
    case memory(HostArray)
  }

  var count: Int { entries.count }

  /// Lists the samples of a shard. A shard that is cut or damaged ends there, with a fault; one that cannot be opened
  /// at all is a fault and empty.
  init(_ path: String, options: CaptionOptions, readsLabels: Bool) {
    shortName = FileSystem.name(path)
    var entries: [Entry] = []
    var faults: [CaptionFault] = []
    var samples = 0
    var mapped: HostBuffer?
    do {
      let reader = try TarReader(path)
      let isPlain = reader.isPlain
      if isPlain { mapped = try MappedFile(path).buffer }
      let readsJSON = readsLabels || !options.jsonFields.isEmpty
      var unpacked = 0
      let tar = TarSamples(reader) { kind in
        kind == options.textEnding || kind == "json" && readsJSON || !isPlain && options.imageEndings.contains(kind)
      }
      while let sample = try tar.next() {
        samples += 1
        let name = "\(shortName): \(sample.key)"
        guard let image = sample.entry(options.imageEndings) else {
          faults.append(CaptionFault(.noImage, name, "has \(Self.kinds(sample))"))
          continue
        }
        do throws(CaptionFault) {
          let (caption, label) = try CaptionText.read(
            name: name, text: sample.contents(options.textEnding), json: readsJSON ? sample.contents("json") : nil,
            options: options, readsLabel: readsLabels, has: Self.kinds(sample))
          let held = isPlain ? nil : sample.parts.first { $0.entry == image }?.contents
          if let held {
            unpacked += held.byteCount
            entries.append(Entry(key: sample.key, caption: caption, label: label, place: .memory(held)))
          } else {
            let end = image.offset.addingReportingOverflow(image.size)
            guard !end.overflow, end.partialValue <= mapped?.bytes.count ?? 0 else {
              throw CaptionFault(.brokenShard, name, "the shard is cut short")
            }
            entries.append(
              Entry(key: sample.key, caption: caption, label: label, place: .file(image.offset..<end.partialValue)))
          }
        } catch { faults.append(error) }
        if unpacked > Self.largestPacked {
          throw InputError("it unpacks to more than \(Self.largestPacked >> 30) GiB", at: path, cure: "use plain tar")
        }
      }
    } catch {
      let detail = (error as? InputError).map { "\($0.what), \($0.place)" } ?? "\(error)"
      faults.append(CaptionFault(.brokenShard, shortName, detail))
    }
    self.entries = entries
    self.faults = faults
    self.samples = samples
    bytes = mapped
  }

  func pair(at index: Int) throws(CaptionFault) -> CaptionPair {
    let entry = entries[index]
    let name = "\(shortName): \(entry.key)"
    switch entry.place {
    case .memory(let image): return CaptionPair(name: name, caption: entry.caption, image: image, label: entry.label)
    case .file(let range):
      guard let bytes else { throw CaptionFault(.brokenShard, name) }
      let image = HostArray(dtype: .u8, shape: [range.count], buffer: bytes, byteOffset: range.lowerBound)
      return CaptionPair(name: name, caption: entry.caption, image: image, label: entry.label)
    }
  }

  private static func kinds(_ sample: TarSample) -> String {
    sample.parts.map { ".\($0.kind)" }.prefix(6).joined(separator: ", ")
  }
}
