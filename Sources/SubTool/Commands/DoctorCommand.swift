import SubCore
import SubTrain

/// `doctor`: what the machine has, and what is missing.
package struct DoctorCommand: Command {
  package static let name = "doctor"
  package static let summary = "what was found on this machine, and what is missing with the command that installs it"
  package static let example = "masksub doctor"
  package static let section = CommandSection.machine

  package init() {}

  package func run(in context: ToolContext) throws {
    let style = context.console.outputStyle
    func row(_ label: String, _ text: String) throws {
      try context.console.print(styled: label + String(repeating: " ", count: max(1, 14 - label.count)) + text)
    }
    try row("masksub", "\(Tool.version), \(HostMachine.system())")
    try row("processor", HostMachine.processor())
    try row("kernels", "\(Processor.features); the processor has \(HostMachine.vectorExtensions())")
    try row("bf16", Processor.bf16)
    try row("threads", "\(Processor.threads) on \(HostMachine.cores()) cores")
    try row("memory", HostMachine.memory())
    var missing: [SystemLibrary] = []
    for library in SystemLibrary.all {
      if let found = library.found() {
        try row(library.name, found)
      } else {
        missing.append(library)
        try row(library.name, "\(style.red("missing")), needed for \(library.purpose)")
      }
    }
    try row("CUDA", HostMachine.cudaDriver())
    try row("home", context.home.path ?? "not found; start with scripts/masksub or set MASKSUB_HOME")
    if missing.isEmpty {
      try context.console.print(styled: style.green("nothing is missing"))
    } else {
      try context.console.print("install with: apt-get install \(missing.map(\.package).joined(separator: " "))")
    }
  }
}
