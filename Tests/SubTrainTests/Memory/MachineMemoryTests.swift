import SubData
import SubTrain
import TestSupport
import Testing

@Suite struct MachineMemoryTests {
  private let folder = TemporaryFolder()

  /// The files of a system, under the folder.
  private func write(_ files: [String: String]) throws {
    for (path, text) in files {
      try FileSystem.makeFolder(FileSystem.parent(folder[path]))
      try AtomicFile.write(text, to: folder[path])
    }
  }

  private var root: String { String(folder["x"].dropLast(2)) }
  /// What is allowed, but for the limits of this very process.
  private var allowed: [MemoryAllowance] { MachineMemory.allowances(root: root).filter { $0.kind == .memory } }

  @Test func `what is free, and what every control group leaves`() throws {
    #expect(allowed.isEmpty && MachineMemory.total(root: root) == nil)
    try write([
      "proc/meminfo": "MemTotal:       24000000 kB\nMemFree:  100 kB\nMemAvailable:   22000000 kB\n",
      "proc/self/cgroup": "0::/user/job\n",
      "sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/user/job/memory.current": "5\n",
      "sys/fs/cgroup/user/memory.max": "8000000000\n", "sys/fs/cgroup/user/memory.current": "3000000000\n",
      "sys/fs/cgroup/user/memory.stat": "anon 7\nactive_file 200000000\ninactive_file 800000000\n",
      "proc/self/statm": "1000 500 100 1 0 600 0\n",
    ])
    #expect(MachineMemory.total(root: root) == 24_000_000 << 10)
    #expect(allowed.map(\.bytes) == [22_000_000 << 10, 6_000_000_000])
    // Pages of files count as free, since they go when memory is wanted.
    #expect(allowed[1].reason == "are left of the control group's")
    let own = MachineMemory.allowances(own: 1 << 30, root: root).first { $0.reason.contains("--max-memory") }
    #expect(own?.bytes == (1 << 30) - MachineMemory.resident(root: root) && MachineMemory.resident(root: root) > 0)
  }

  @Test func `control groups of the first kind`() throws {
    try write([
      "proc/self/cgroup": "5:cpu,cpuacct:/a\n4:memory:/docker/abc\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "4000000000\n",
      "sys/fs/cgroup/memory/memory.usage_in_bytes": "1000000000\n",
    ])
    #expect(allowed.map(\.bytes) == [3_000_000_000])
    try write(["sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"])
    #expect(allowed.isEmpty)
  }
}
