import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The folder that holds `datasets/` and `tokenizers/`.
package struct ProjectHome: Sendable {
  /// The folder, or nil where none was found.
  package let path: String?

  /// `MASKSUB_HOME`, else the first folder above the executable, then above the working directory, that has both.
  package init(environment: [String: String]) {
    if let given = environment["MASKSUB_HOME"], !given.isEmpty {
      path = given
    } else {
      let starts = [Self.resolved("/proc/self/exe"), Self.resolved(".")].compactMap { $0 }
      path = starts.lazy.compactMap(Self.above).first
    }
  }

  /// A file or folder that comes with the tool, `datasets/acceptability`.
  package func file(_ name: String) throws -> String {
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

  private static func above(_ start: String) -> String? {
    var parts = start.split(separator: "/")
    while !parts.isEmpty {
      let folder = "/" + parts.joined(separator: "/")
      if access("\(folder)/datasets", F_OK) == 0, access("\(folder)/tokenizers", F_OK) == 0 { return folder }
      parts.removeLast()
    }
    return nil
  }

  private static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }
}
