import CSystem
import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Writing a folder so that its name never leads to half of it: filled beside, synced, then renamed. A crash at any
/// instant leaves the previous folder whole, and perhaps a `NAME.tmp-…` that may be deleted.
public enum AtomicFolder {
  /// Makes the folder `path` from what `body` writes into the temporary folder it is given. A folder of that name is
  /// replaced as a whole; missing parents are made. Throws `body`'s error, or an `InputError` with the system's reason.
  public static func write(to path: String, _ body: (_ temporary: String) throws -> Void) throws {
    let path = FileSystem.trimmed(path)
    let parent = FileSystem.parent(path)
    try FileSystem.makeFolder(parent)
    let temporary = TemporaryName.beside(path)
    guard mkdir(temporary, 0o777) == 0 else { throw FileSystem.error("cannot make the folder", temporary) }
    do {
      try body(temporary)
      try FileSystem.syncAll(temporary)
      try put(temporary, at: path)
    } catch {
      FileSystem.remove(temporary)
      guard let error = error as? InputError, error.place.hasPrefix(temporary) else { throw error }
      // The temporary folder is gone: the message names the one that was asked for.
      throw InputError(
        error.what, at: path + error.place.dropFirst(temporary.count), cure: error.cure, isUsage: error.isUsage)
    }
    try FileSystem.sync(parent)
  }

  /// Whether a name is that of something a process that was killed left behind.
  public static func isLeftover(_ name: String) -> Bool { TemporaryName.matches(name) }

  /// Removes what processes that were killed while writing left in a folder in which nobody else is at work.
  public static func removeLeftovers(in folder: String) {
    for name in (try? FileSystem.readableNames(in: folder)) ?? [] where TemporaryName.matches(name) {
      FileSystem.remove(FileSystem.join(folder, name))
    }
  }

  private static func put(_ temporary: String, at path: String) throws {
    switch FileSystem.kind(path) {
    case .absent: try FileSystem.move(temporary, to: path)
    case .folder:
      if sys_exchange(temporary, path) {
        FileSystem.remove(temporary)  // now the previous folder
      } else {
        // A file system without exchange: for an instant only the previous folder's other name exists.
        let previous = TemporaryName.beside(path, "old")
        try FileSystem.move(path, to: previous)
        do { try FileSystem.move(temporary, to: path) } catch {
          try? FileSystem.move(previous, to: path)
          throw error
        }
        FileSystem.remove(previous)
      }
    case .file, .other: throw FileSystem.error("cannot make a folder where a file is", path, code: EEXIST)
    }
  }
}
