import SubData

/// How far input is trusted: the options of every command that reads files from outside.
struct InputOptions: OptionGroup {
  static let title = "Input"
  @Option(
    "--max-claim", value: "GIB", in: 1...1 << 20, default: "1/4 for data, 8 for a model's configuration",
    "memory that a file may claim beyond 64 times its own size")
  var claim: Int?

  /// Makes it so for the whole process.
  func apply() {
    if let claim { ClaimLimit.raise(to: claim << 30) }
  }
}
