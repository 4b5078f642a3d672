import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The way down a tree of folders whose links are followed. A link that leads back up is an error, as are more folders than
/// any data has: a few links could otherwise stand for more paths than can ever be listed.
package struct FolderWalk {
  private static let deepest = 32
  private static let mostFolders = 1 << 20
  /// The folders from the root to here.
  private var above: [(device: UInt64, number: UInt64)] = []
  private var count = 0

  /// A walk that has not begun.
  package init() {}

  /// Names in a folder, and while `body` is at work on them, the folder counts as one above those that it enters.
  package mutating func enter<Result>(
    _ folder: String, _ body: (inout FolderWalk, _ names: [String]) throws -> Result
  ) throws -> Result {
    try Interruption.check()
    var status = stat()
    guard stat(folder, &status) == 0 else { throw FileSystem.error("cannot list the folder", folder) }
    let here = (device: UInt64(status.st_dev), number: UInt64(status.st_ino))
    guard !above.contains(where: { $0 == here }) else {
      throw InputError("a link leads back to a folder above", at: folder, cure: "remove the link")
    }
    guard above.count < Self.deepest else {
      throw InputError("folders nested deeper than \(Self.deepest)", at: folder, cure: "lay them out flat")
    }
    count += 1
    guard count <= Self.mostFolders else {
      throw InputError(
        "more than \(Self.mostFolders) folders, counting those behind links", at: folder,
        cure: "remove links that lead to the same folders again and again")
    }
    above.append(here)
    defer { above.removeLast() }
    return try body(&self, FileSystem.names(in: folder))
  }
}
