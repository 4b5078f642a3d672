import SubCore

/// Where and how exactly the work is done: the options of every command that computes.
struct MachineOptions: OptionGroup {
  static let title = "Machine"
  @Option("--threads", in: 1...1024, default: "all cores", "processor threads that compute") var threads: Int?
  @Option("--device", "where to compute") var device = Device.cpu
  @Option var precision: Precision

  /// `ofRuns`: those of a command that reads runs, which computes as a run did.
  init(ofRuns: Bool = false) {
    _precision = Option(
      wrappedValue: .fp32, "--precision", default: ofRuns ? "the run's own, else fp32" : nil,
      "the type of activations and matrix products")
  }
}

extension Precision: OptionValue {}
