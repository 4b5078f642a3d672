package import SubCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the readers and writers need from the system, each failure as an `InputError` with the system's own words.
package enum FileSystem {
  /// What a path leads to, symbolic links followed.
  package enum Kind { case absent, file, folder, other }

  /// What lies at the path; `absent` also where it cannot be looked at.
  package static func kind(_ path: String) -> Kind {
    var status = stat()
    guard stat(path, &status) == 0 else { return .absent }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// Whether two paths lead to one thing that is there.
  package static func isSame(_ one: String, _ other: String) -> Bool {
    var (a, b) = (stat(), stat())
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino
  }

  /// The names in a folder, sorted by their Unicode scalars as Python does, without `.` and `..`. A name that is no UTF-8
  /// is an error: it could be listed, but not opened.
  package static func names(in folder: String) throws -> [String] {
    try list(folder) { throw InputError("the name '\($0)' is not UTF-8", at: folder, cure: "rename it") }
  }

  /// The same without the names that are no UTF-8: for folders of ours, where what we did not write is of no account.
  package static func readableNames(in folder: String) throws -> [String] { try list(folder) { _ in } }

  private static func list(_ folder: String, unreadable: (String) throws -> Void) throws -> [String] {
    guard let stream = opendir(folder) else { throw error("cannot list the folder", folder) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = try withUnsafePointer(to: &entry.pointee.d_name) {
        try $0.withMemoryRebound(to: CChar.self, capacity: 256) { bytes -> String? in
          guard let name = String(validatingCString: bytes) else {
            try unreadable(String(cString: bytes))
            return nil
          }
          return name
        }
      }
      if let name, name != ".", name != ".." { names.append(name) }
    }
    return names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
  }

  /// The folder that holds the path's last component.
  package static func parent(_ path: String) -> String {
    let path = trimmed(path)
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component of a path.
  package static func name(_ path: String) -> String {
    let path = trimmed(path)
    return path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// A path inside a folder.
  package static func join(_ folder: String, _ name: String) -> String {
    folder.isEmpty ? name : folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The path without trailing slashes.
  package static func trimmed(_ path: String) -> String {
    var path = Substring(path)
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    return String(path)
  }

  /// Makes a folder and those above it; one that exists is fine.
  package static func makeFolder(_ path: String) throws {
    if kind(path) == .folder { return }
    let parent = parent(path)
    if parent != path, kind(parent) == .absent { try makeFolder(parent) }
    guard mkdir(path, 0o777) == 0 || (errno == EEXIST && kind(path) == .folder) else {
      throw error("cannot make the folder", path)
    }
  }

  /// Removes a file, or a folder with all it holds; links are removed, not followed. Says whether nothing is left.
  @discardableResult package static func remove(_ path: String) -> Bool {
    var status = stat()
    guard lstat(path, &status) == 0 else { return errno == ENOENT }
    guard status.st_mode & S_IFMT == S_IFDIR else { return unlink(path) == 0 }
    for name in (try? names(in: path)) ?? [] { remove(join(path, name)) }
    return rmdir(path) == 0
  }

  /// Writes what the system still holds of a file or folder to the disk.
  package static func sync(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw error("cannot open for syncing", path) }
    defer { close(descriptor) }
    try sync(descriptor: descriptor, place: path)
  }

  /// The same of an open file; `place` is for the message.
  static func sync(descriptor: Int32, place: String) throws {
    // Pipes, devices and the folders of some file systems cannot be synced; there is nothing more to be done then.
    guard fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS else {
      throw error("cannot sync", place)
    }
  }

  /// Syncs all files and folders below a folder, and the folder.
  package static func syncAll(_ folder: String) throws {
    for name in try names(in: folder) {
      let path = join(folder, name)
      switch kind(path) {
      case .folder: try syncAll(path)
      case .file: try sync(path)
      default: break
      }
    }
    try sync(folder)
  }

  /// Makes `path` a symbolic link to `target`, in place of another link, atomically.
  package static func link(_ path: String, to target: String) throws {
    let temporary = TemporaryName.beside(path)
    guard symlink(target, temporary) == 0 else { throw error("cannot make a link", path) }
    do { try move(temporary, to: path) } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Where a symbolic link leads; any other path itself.
  package static func destination(_ path: String) -> String {
    let path = trimmed(path)
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = bytes.withUnsafeMutableBytes { buffer in
      buffer.withMemoryRebound(to: CChar.self) { readlink(path, $0.baseAddress!, $0.count) }
    }
    guard count > 0 else { return path }
    let target = String(decoding: bytes[..<count], as: UTF8.self)
    return target.hasPrefix("/") ? target : join(parent(path), target)
  }

  /// The path of what a path leads to, without links and dots; nil where there is nothing.
  package static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// The folder in which the process works; nil where that has been removed.
  package static var currentFolder: String? {
    guard let path = getcwd(nil, 0) else { return nil }
    defer { free(path) }
    return String(cString: path)
  }

  /// Gives a file or folder another name, atomically.
  package static func move(_ from: String, to path: String) throws {
    guard rename(from, path) == 0 else { throw error("cannot rename \(name(from))", path) }
  }

  /// The error that `errno` stands for.
  package static func error(_ what: String, _ path: String, code: Int32 = errno) -> InputError {
    let cure =
      switch code {
      case ENOENT: "check the path"
      case EACCES, EPERM, EROFS: "check the permissions, or choose another place"
      case ENOSPC, EDQUOT: "free some space, or choose another place"
      case EMFILE, ENFILE: "allow more open files (ulimit -n)"
      case ENOMEM: "free some memory"
      default: "check the path and the disk"
      }
    return InputError("\(what): \(String(cString: strerror(code)))", at: path, cure: cure)
  }
}
