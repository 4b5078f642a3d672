import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way down a tree of folders whose links are followed. A link that leads back up is an error, as are links that lead to
/// the same folders again and again: a few of them could otherwise stand for more paths than can ever be listed.
package struct FolderWalk {
  private static let deepest = 32
  /// Visits that are allowed, and how many more for every folder that is there.
  private static let visits = (always: 1024, each: 16)
  /// The folders from the root to here.
  private var above: [Identity] = []
  private var seen: Set<Identity> = []
  private var count = 0

  /// What makes a folder that one, by whatever paths it is reached.
  struct Identity: Hashable {
    let device, number: UInt64
  }

  /// A walk that has not begun.
  package init() {}

  /// Names in a folder, and while `body` is at work on them, the folder counts as one above those that it enters.
  package mutating func enter<Result>(
    _ folder: String, _ body: (inout FolderWalk, _ names: [String]) throws -> Result
  ) throws -> Result {
    var status = stat()
    guard stat(folder, &status) == 0 else { throw FileSystem.error("cannot list the folder", folder) }
    let here = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    return try enter(here, called: folder) { try body(&$0, FileSystem.names(in: folder)) }
  }

  /// The same of a folder that is on no disk.
  mutating func enter<Result>(
    _ here: Identity, called folder: String, _ body: (inout FolderWalk) throws -> Result
  ) throws -> Result {
    try Interruption.check()
    guard !above.contains(here) else {
      throw InputError("a link leads back to a folder above", at: folder, cure: "remove the link")
    }
    guard above.count < Self.deepest else {
      throw InputError("folders nested deeper than \(Self.deepest)", at: folder, cure: "lay them out flat")
    }
    seen.insert(here)
    count += 1
    guard count <= Self.visits.always + Self.visits.each * seen.count else {
      throw InputError(
        "links lead to the same \(seen.count) folders again and again", at: folder, cure: "remove some of them")
    }
    above.append(here)
    defer { above.removeLast() }
    return try body(&self)
  }
}
