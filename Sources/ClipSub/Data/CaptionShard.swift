import SubCore
import SubData

/// The pairs of one WebDataset shard: a plain tar's images stay in the file until they are asked for, those of a packed
/// one are kept in memory.
struct CaptionShard: CaptionPairs {
  /// What was wrong with samples of the shard, and with the shard itself.
  let faults: [CaptionFault]
  /// How many samples the shard has, usable or not.
  let samples: Int
  private let entries: [Entry]
  private let file: InputFile?
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
    var file: InputFile?
    do {
      let reader = try TarReader(path)
      let isPlain = reader.isPlain
      if isPlain { file = try InputFile(path) }
      let readsJSON = readsLabels || !options.jsonFields.isEmpty
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
            entries.append(Entry(key: sample.key, caption: caption, label: label, place: .memory(held)))
          } else {
            let end = image.offset.addingReportingOverflow(image.size)
            guard !end.overflow, end.partialValue <= file?.count ?? 0 else {
              throw CaptionFault(.brokenShard, name, "the shard is cut short")
            }
            entries.append(
              Entry(key: sample.key, caption: caption, label: label, place: .file(image.offset..<end.partialValue)))
          }
        } catch { faults.append(error) }
      }
    } catch {
      let detail = (error as? InputError).map { "\($0.what), \($0.place)" } ?? "\(error)"
      faults.append(CaptionFault(.brokenShard, shortName, detail))
    }
    self.entries = entries
    self.faults = faults
    self.samples = samples
    self.file = file
  }

  func pair(at index: Int) throws(CaptionFault) -> CaptionPair {
    let entry = entries[index]
    let name = "\(shortName): \(entry.key)"
    switch entry.place {
    case .memory(let image): return CaptionPair(name: name, caption: entry.caption, image: image, label: entry.label)
    case .file(let range):
      guard let file else { throw CaptionFault(.brokenShard, name) }
      return CaptionPair(name: name, caption: entry.caption, image: file, range, label: entry.label)
    }
  }

  private static func kinds(_ sample: TarSample) -> String {
    sample.parts.map { ".\($0.kind)" }.prefix(6).joined(separator: ", ")
  }
}
