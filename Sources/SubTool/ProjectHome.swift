import SubCore
import SubData

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder that holds `datasets/` and `tokenizers/`.
struct ProjectHome: Sendable {
  /// The folder, or nil where none was found.
  let path: String?

  /// `MASKSUB_HOME`, else the first folder above the executable (or `share/masksub` there, where it is installed), then
  /// above the working directory, that has both.
  init(environment: [String: String]) {
    if let given = environment["MASKSUB_HOME"], !given.isEmpty {
      path = given
    } else {
      let starts = [FileSystem.resolved("/proc/self/exe"), FileSystem.resolved(".")].compactMap { $0 }
      path = starts.lazy.compactMap(Self.above).first
    }
  }

  /// A file or folder that comes with the tool, `datasets/acceptability`.
  func file(_ name: String) throws -> String {
    guard let path else {
      throw InputError(
        "the folder with \(name) was not found", at: "MASKSUB_HOME",
        cure: "start the tool with scripts/masksub, or set MASKSUB_HOME to the cloned repository")
    }
    let file = "\(path)/\(name)"
    guard access(file, R_OK) == 0 else {
      throw InputError(
        "\(name) is missing from the tool's folder", at: file, cure: "restore it with git checkout -- \(name)")
    }
    return file
  }

  /// The commit that the program was made from, as far as is known: what an installation noted, else the one that is
  /// checked out where the program was built; nil: neither.
  var commit: String? {
    guard let path else { return nil }
    if let noted = Self.line("\(path)/commit") { return noted }
    guard let program = FileSystem.resolved("/proc/self/exe"), program.hasPrefix(path + "/"),
      let head = Self.line("\(path)/.git/HEAD")
    else { return nil }
    guard head.hasPrefix("ref: ") else { return head }
    let name = head.dropFirst(5)
    if let commit = Self.line("\(path)/.git/\(name)") { return commit }
    let packed = (try? LineFile.entries("\(path)/.git/packed-refs")) ?? []
    return packed.first { $0.text.hasSuffix(" \(name)") }.map { String($0.text.prefix { $0 != " " }) }
  }

  /// The first line of a file; nil where there is none.
  private static func line(_ path: String) -> String? {
    FileSystem.kind(path) == .file ? try? LineFile.entries(path).first?.text : nil
  }

  private static func above(_ start: String) -> String? {
    var parts = start.split(separator: "/")
    while !parts.isEmpty {
      let above = "/" + parts.joined(separator: "/")
      for folder in [above, "\(above)/share/masksub"] {
        if access("\(folder)/datasets", F_OK) == 0, access("\(folder)/tokenizers", F_OK) == 0 { return folder }
      }
      parts.removeLast()
    }
    return nil
  }
}
