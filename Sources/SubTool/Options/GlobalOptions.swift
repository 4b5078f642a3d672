/// What every command takes.
package struct GlobalOptions: OptionGroup {
  package static let title = "Everywhere"
  @Flag("--quiet", "no progress and no remarks on standard error, errors alone") package var quiet: Bool
  @Flag("--help", "this page") package var help: Bool

  package init() {}
}
