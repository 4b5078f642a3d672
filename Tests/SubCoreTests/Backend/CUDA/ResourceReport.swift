/// What a kernel takes of a multiprocessor, as the assembler reports it (`--ptxas-options=-v`).
struct KernelResources {
  let name: String
  var registers = 0
  /// Bytes of local memory: of its stack, and of registers that were spilled.
  var stack = 0, spills = 0

  /// The kernels of a program's log.
  static func all(in log: String) -> [KernelResources] {
    var kernels: [KernelResources] = []
    for line in log.split(separator: "\n") {
      if let entry = line.firstMatch(of: /Compiling entry function '(\w+)'/) {
        kernels.append(KernelResources(name: String(entry.1)))
      }
      guard !kernels.isEmpty else { continue }
      let last = kernels.count - 1
      if let memory = line.firstMatch(of: /(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads/)
      {
        kernels[last].stack = Int(memory.1)!
        kernels[last].spills = Int(memory.2)! + Int(memory.3)!
      }
      if let use = line.firstMatch(of: /Used (\d+) registers/) { kernels[last].registers = Int(use.1)! }
    }
    return kernels
  }
}
