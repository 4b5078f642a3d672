import SubCore

/// Pictures in tar archives, in the order in which they were added. Those of a plain archive are read where they lie, those
/// of a packed one are kept in memory, packed as pictures are.
struct TarPictures: Sendable {
  /// Bytes of pictures that are kept in memory at most, unless `--max-claim` allows more.
  static let mostHeld = 4 << 30

  private enum Place: Sendable {
    case file(archive: Int, offset: Int, size: Int)
    case memory(HostArray)
  }
  private var archives: [InputFile] = []
  private var places: [(name: String, place: Place)] = []
  private var held = 0

  /// How many there are.
  var count: Int { places.count }

  /// What is added from now on lies in this archive.
  mutating func open(_ archive: String) throws { archives.append(try InputFile(archive)) }

  /// Adds a picture of the archive; `contents` where it is packed.
  mutating func add(_ name: String, _ entry: TarEntry, _ contents: HostArray?) throws {
    held += contents?.count ?? 0
    let most = max(Self.mostHeld, ClaimLimit.allowed(holding: 0))
    guard held <= most else {
      throw InputError(
        "its pictures take more than \(most >> 30) GiB of memory, for a packed archive cannot be read in any order",
        at: archives.last?.path ?? name, cure: "unpack it (gunzip is enough), or allow more with --max-claim GIB")
    }
    places.append(
      (
        name,
        contents.map { .memory($0) } ?? .file(archive: archives.count - 1, offset: entry.offset, size: entry.size)
      ))
  }

  /// Some of the pictures, in any order, called as given.
  func taking(_ chosen: [(name: String, picture: Int)]) -> TarPictures {
    var taken = self
    taken.places = chosen.map { ($0.name, places[$0.picture].place) }
    return taken
  }

  func name(of index: Int) -> String { places[index].name }

  func image(at index: Int) throws -> SourceImage {
    switch places[index].place {
    case .memory(let bytes): .file(bytes, name: name(of: index))
    case .file(let archive, let offset, let size):
      .file(try archives[archive].array(offset..<(offset + size)), name: name(of: index))
    }
  }
}
