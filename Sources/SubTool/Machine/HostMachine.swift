import SubData
import SubTrain

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What the operating system says about the machine, for `doctor`.
enum HostMachine {
  /// The system's name and release.
  static func system() -> String {
    var names = utsname()
    guard uname(&names) == 0 else { return "an unknown system" }
    return "\(field(names.sysname)) \(field(names.release)) \(field(names.machine))"
  }

  /// The processor's model.
  static func processor() -> String { value(of: "model name", in: "/proc/cpuinfo") ?? "unknown" }

  /// The vector extensions that matter here.
  static func vectorExtensions() -> String {
    let flags = Set(
      (value(of: "flags", in: "/proc/cpuinfo") ?? value(of: "Features", in: "/proc/cpuinfo") ?? "")
        .split(separator: " ").map(String.init))
    let wanted = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16"]
    let found = wanted.filter(flags.contains)
    return found.isEmpty ? "no vector extension known here" : found.joined(separator: " ")
  }

  /// Total and available memory.
  static func memory() -> String {
    guard let total = MachineMemory.total() else { return "unknown" }
    let limits = MachineMemory.allowances().map { "\(MemoryPlan.text($0.bytes)) \($0.reason)" }
    return ([MemoryPlan.text(total)] + limits).joined(separator: ", ")
  }

  /// The text behind `key :` in a file of /proc.
  private static func value(of key: String, in path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    while getline(&line, &capacity, file) > 0 {
      guard let line else { break }
      let parts = String(cString: line).split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let name = parts[0].prefix { $0 != "\t" }
      if String(name).trimmed == key { return String(parts[1].filter { $0 != "\n" }).trimmed }
    }
    return nil
  }

  /// A fixed-size C string of a struct.
  private static func field<Tuple>(_ tuple: Tuple) -> String {
    withUnsafeBytes(of: tuple) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
