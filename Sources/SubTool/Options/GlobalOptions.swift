/// What every command takes.
struct GlobalOptions: OptionGroup {
  static let title = "Everywhere"
  @Flag("--quiet", "no progress or remarks on standard error, only errors") var quiet: Bool
  @Flag("--help", "this page") var help: Bool
}
