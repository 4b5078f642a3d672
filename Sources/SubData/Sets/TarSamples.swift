package import SubCore

/// The parts of one WebDataset sample: members of a tar archive that stand together and share a key.
package struct TarSample: Sendable {
  /// What the members' paths share.
  package let key: String
  /// Every member's kind (`jpg`, `txt`, `cls`, …) with its contents, in the archive's order.
  package let parts: [(kind: String, entry: TarEntry, contents: HostArray?)]

  /// The contents of the first of these kinds that the sample has.
  package func contents(_ kinds: String...) -> HostArray? {
    kinds.lazy.compactMap { kind in parts.first { $0.kind == kind }?.contents }.first
  }

  /// The member of the first of these kinds that the sample has.
  package func entry(_ kinds: [String]) -> TarEntry? {
    kinds.lazy.compactMap { kind in parts.first { $0.kind == kind }?.entry }.first
  }
}

/// Reads the samples of a WebDataset shard: a sample is an unbroken run of members with one key, and a kind that comes
/// again starts the next sample.
package final class TarSamples {
  private let reader: TarReader
  private let wants: (String) -> Bool
  private var pending: (kind: String, entry: TarEntry, contents: HostArray?)?
  private var failure: (any Error)?
  private var reported = false

  /// Reads from an archive; the contents of a member are read only if `wants` its kind.
  package init(_ reader: TarReader, wants: @escaping (_ kind: String) -> Bool = { _ in true }) {
    self.reader = reader
    self.wants = wants
  }

  /// The next sample, nil at the end. A cut archive gives the samples before the cut, then throws `InputError` once.
  package func next() throws -> TarSample? {
    var parts = pending.map { [$0] } ?? []
    pending = nil
    do {
      while failure == nil, let entry = try reader.next() {
        guard let key = entry.key else { continue }
        let part = (kind: entry.kind, entry: entry, contents: wants(entry.kind) ? try reader.contents() : nil)
        if let first = parts.first, first.entry.key != key || parts.contains(where: { $0.kind == entry.kind }) {
          pending = part
          return TarSample(key: first.entry.key ?? "", parts: parts)
        }
        parts.append(part)
      }
    } catch {
      // What was read of the cut sample is whole in itself, but nobody knows what is missing: it is dropped.
      parts = []
      failure = error
    }
    if let first = parts.first { return TarSample(key: first.entry.key ?? "", parts: parts) }
    if let error = failure, !reported {
      reported = true
      throw error
    }
    return nil
  }
}
