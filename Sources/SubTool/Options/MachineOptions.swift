package import SubCore

/// Where and how exactly the work is done: the options of every command that computes.
package struct MachineOptions: OptionGroup {
  package static let title = "Machine"
  @Option("--threads", in: 1...1024, default: "all cores", "processor threads that compute") package var threads: Int?
  @Option("--device", "where to compute") package var device = Device.cpu
  @Option("--precision", "the type of activations and matrix products") package var precision = Precision.fp32

  package init() {}
}

extension Precision: OptionValue {}
