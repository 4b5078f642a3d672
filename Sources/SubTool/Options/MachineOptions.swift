package import SubCore

/// Where and how exactly the work is done: the options of every command that computes.
package struct MachineOptions: OptionGroup {
  package static let title = "Machine"
  @Option("--threads", in: 1...1024, default: "all cores", "processor threads that compute") package var threads: Int?
  @Option("--device", "where to compute") package var device = Device.cpu
  @Option package var precision: Precision

  /// `ofRuns`: those of a command that reads runs, which computes as a run did.
  package init(ofRuns: Bool = false) {
    _precision = Option(
      wrappedValue: .fp32, "--precision", default: ofRuns ? "the run's own, else fp32" : nil,
      "the type of activations and matrix products")
  }
}

extension Precision: OptionValue {}
