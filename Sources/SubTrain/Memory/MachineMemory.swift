internal import CSystem
import SubCore

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// How much further memory the process may take, and what says so.
public struct MemoryAllowance: Sendable, Equatable {
  /// What is limited.
  public enum Kind: Sendable {
    /// Memory that is written.
    case memory
    /// Addresses, used or not.
    case addresses
  }

  /// Bytes beyond those that the process has.
  public let bytes: Int
  public let kind: Kind
  /// Who sets the limit, as a sentence goes on: "are available", "are left of ulimit -v".
  public let reason: String

  /// An allowance.
  public init(bytes: Int, kind: Kind = .memory, reason: String) {
    (self.bytes, self.kind, self.reason) = (max(0, bytes), kind, reason)
  }
}

/// The machine's memory as this process may use it: what is free, what its control groups allow, and its own limits.
public enum MachineMemory {
  /// Every limit there is, nothing where the system tells none. `own`: the bytes that the run may have in all, by its
  /// user's word. `sharers`: the processes that have it together, each an equal part. `root`: where /proc and /sys stand.
  public static func allowances(own: Int? = nil, sharers: Int = 1, root: String = "") -> [MemoryAllowance] {
    var found: [MemoryAllowance] = []
    if let free = kibibytes("MemAvailable", in: root + "/proc/meminfo") {
      found.append(MemoryAllowance(bytes: free, reason: "are available"))
    }
    found += groups(root: root)
    if sharers > 1 {
      found = found.map {
        MemoryAllowance(bytes: $0.bytes / sharers, reason: "\($0.reason) to each of \(sharers) ranks")
      }
    }
    if let own {
      found.append(
        MemoryAllowance(bytes: own / sharers - resident(root: root), reason: "are left of --max-memory"))
    }
    for (isData, field, option) in [(false, 0, "-v"), (true, 5, "-d")] {
      let limit = sys_address_limit(isData)
      guard limit >= 0, let used = pages(field, root: root) else { continue }
      found.append(MemoryAllowance(bytes: limit - used, kind: .addresses, reason: "are left of ulimit \(option)"))
    }
    return found
  }

  /// What of the memory of a device that has its own may be had; else of the machine's. `sharers`: the ranks that compute there.
  static func allowances(of device: Device, own: Int?, sharers: Int) -> [MemoryAllowance] {
    guard let free = device.freeMemory, let usage = device.memoryUsage else {
      return allowances(own: own, sharers: sharers)
    }
    let each = sharers > 1 ? " to each of \(sharers) ranks" : ""
    return [MemoryAllowance(bytes: free / sharers, reason: "are free on \(device)\(each)")]
      + (own.map { [MemoryAllowance(bytes: $0 / sharers - usage.held, reason: "are left of --max-memory")] } ?? [])
  }

  /// The memory of the process that is in use, in bytes.
  public static func resident(root: String = "") -> Int { pages(1, root: root) ?? 0 }

  /// All memory of the machine, in bytes; nil where the system does not tell.
  public static func total(root: String = "") -> Int? { kibibytes("MemTotal", in: root + "/proc/meminfo") }

  /// What the control groups of the process leave it: each of them limits all that is in it.
  private static func groups(root: String) -> [MemoryAllowance] {
    guard let lines = text(root + "/proc/self/cgroup") else { return [] }
    var found: [MemoryAllowance] = []
    for line in lines.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 3 else { continue }
      let isSecond = parts[1].isEmpty
      guard isSecond || parts[1].split(separator: ",").contains("memory") else { continue }
      let base = root + (isSecond ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory")
      let (limit, usage) =
        isSecond ? ("memory.max", "memory.current") : ("memory.limit_in_bytes", "memory.usage_in_bytes")
      var names = parts[2].split(separator: "/")
      // In a container the path may be that of the machine outside: its own group is the root then.
      while true {
        let folder = ([base] + names.map(String.init)).joined(separator: "/")
        if let most = number(folder + "/" + limit), most < 1 << 60, let used = number(folder + "/" + usage) {
          // Pages of files go when memory is wanted.
          let files = ["inactive_file", "active_file"].reduce(0) { $0 + (entry($1, in: folder + "/memory.stat") ?? 0) }
          found.append(MemoryAllowance(bytes: most - max(0, used - files), reason: "are left of the control group's"))
        }
        if names.isEmpty { break }
        names.removeLast()
      }
    }
    return found
  }

  /// A field of /proc/self/statm in bytes: 0 addresses, 1 memory, 5 data.
  private static func pages(_ field: Int, root: String) -> Int? {
    let fields = text(root + "/proc/self/statm")?.split(whereSeparator: \.isWhitespace) ?? []
    return fields.count > field ? Int(fields[field]).map { $0 * sysconf(Int32(_SC_PAGESIZE)) } : nil
  }

  private static func kibibytes(_ name: String, in path: String) -> Int? {
    let line = text(path)?.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    return line?.split(separator: " ").compactMap { Int($0) }.first.map { $0 << 10 }
  }

  private static func entry(_ name: String, in path: String) -> Int? {
    text(path)?.split(separator: "\n").first { $0.hasPrefix("\(name) ") }?.split(separator: " ").last.flatMap {
      Int($0)
    }
  }

  private static func number(_ path: String) -> Int? { text(path).flatMap { Int($0.filter { !$0.isWhitespace }) } }

  /// A small file of the system.
  private static func text(_ path: String) -> String? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }
}
