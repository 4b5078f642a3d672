/// A suite to evaluate on.
struct SuiteOptions: OptionGroup {
  static let title = "Suite"
  @Option("--suite", value: "NAME|FILE", default: "none", "sets to evaluate on, which lie in --data: robustness")
  var name: String?
}
