import SubCore

/// `doctor`: what the machine has, and what is missing.
struct DoctorCommand: Command {
  static let name = "doctor"
  static let summary = "what was found on this machine, and what is missing with the command that installs it"
  static let discussion =
    "--check computes instead: every operation of a device, whole derivatives and updates, from the same numbers as the "
    + "reference in f64, with a line for each operation, and exits with 1 where a result is wrong, missing or not the same "
    + "twice. With a PATTERN only what has it in its name is checked, with a line for each result."
  static let example = "masksub doctor --check --device cpu"
  static let section = CommandSection.machine

  @Option("--check", value: "[PATTERN]", "checks the results of --device: those of all operations, or of some")
  var check: OptionalWord?
  @Option("--device", "the device to check") var device = Device.cpu
  @Option("--precision", default: "both", "the type of activations in the check") var precision: Precision?

  func run(in context: ToolContext) throws {
    guard precision != .tf32 else {
      throw InputError(
        "the check holds f32 and bf16 against the reference", at: "--precision tf32",
        cure: "use fp32 or bf16, or leave it out for both", isUsage: true)
    }
    if let check { return try DeviceCheck(device, precision, check.text).run(context.console) }
    let style = context.console.outputStyle
    func row(_ label: String, _ text: String) throws {
      try context.console.print(styled: label + String(repeating: " ", count: max(1, 15 - label.count)) + text)
    }
    try row("masksub", "\(Tool.version), \(HostMachine.system())")
    try row("processor", HostMachine.processor())
    try row("kernels", "\(Processor.features); the processor has \(HostMachine.vectorExtensions())")
    try row("bf16", Processor.bf16)
    try row("threads", "\(Processor.threads) on \(Processor.cores()) cores")
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
    switch MPI.found {
    case .success(let engine): try row("MPI", "\(engine), for --ranks")
    case .failure: try row("MPI", "none; --ranks needs it (apt-get install openmpi-bin, or mpich)")
    }
    for found in CUDAInstallation.report { try row("CUDA \(found.name)", found.text) }
    try row("home", context.home.path ?? "not found; start with scripts/masksub or set MASKSUB_HOME")
    if missing.isEmpty {
      try context.console.print(styled: style.green("nothing is missing"))
    } else {
      try context.console.print("install with: apt-get install \(missing.map(\.package).joined(separator: " "))")
    }
  }
}
