/// What every command takes.
package struct GlobalOptions: OptionGroup {
  package static let title = "Everywhere"
  @Flag("--quiet", "no progress or remarks on standard error, only errors") package var quiet: Bool
  @Flag("--help", "this page") package var help: Bool

  package init() {}
}
