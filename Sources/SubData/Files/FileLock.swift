#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A lock on a file or folder (flock): the system gives it up when the process ends, however it ends. Where a file system
/// knows no locks, nothing is locked and `holds` is false.
package final class FileLock: Sendable {
  /// Who else may have a lock of the same place.
  package enum Kind {
    /// Others of the same kind.
    case shared
    /// Nobody.
    case exclusive
  }

  /// Whether the file system really locks.
  package let holds: Bool
  private let descriptor: Int32

  /// Locks what a path leads to; nil where somebody else has it. `creating`: makes the file if need be.
  package convenience init?(_ path: String, _ kind: Kind, creating: Bool = false) throws {
    let access = creating ? O_RDWR | O_CREAT : O_RDONLY
    let descriptor = open(path, access | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard descriptor >= 0 else { throw FileSystem.error("cannot open for locking", path) }
    self.init(descriptor, kind)
  }

  private init?(_ descriptor: Int32, _ kind: Kind) {
    self.descriptor = descriptor
    var result: Int32
    repeat {
      result = flock(descriptor, (kind == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB)
    } while result < 0
      && errno == EINTR
    holds = result == 0
    // Any other failure says that there are no locks here: a network's file system without its lock service, for one.
    if !holds, errno == EWOULDBLOCK { return nil }
  }

  deinit {
    // Said, since a process that another thread is about to start has the descriptor too until it runs its program.
    if holds { flock(descriptor, LOCK_UN) }
    close(descriptor)
  }

  /// Whether a path still leads to what is locked, and not to something that has taken its place.
  package func isStill(at path: String) -> Bool {
    var (mine, there) = (stat(), stat())
    return fstat(descriptor, &mine) == 0 && stat(path, &there) == 0 && mine.st_dev == there.st_dev
      && mine.st_ino == there.st_ino
  }

  /// Writes a text into the locked file, in place of what it held.
  package func write(_ text: String) {
    let bytes = Array(text.utf8)
    if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, bytes, bytes.count, 0) }
  }
}
