/// A recipe as `masksub recipes` shows it: what it is for, the command that runs it, what to expect, and every
/// hyper-parameter.
public struct RecipePage: Sendable, Equatable {
  /// One hyper-parameter.
  public struct Parameter: Sendable, Equatable {
    /// The name that `--set` takes.
    public let key: String
    /// Its value in the recipe.
    public let value: String
    /// The values that it takes.
    public let allowed: Allowed
    /// What it does.
    public let meaning: String
    /// Where the value comes from, or why it differs from there; nil: the page's own source, as it is.
    public let source: String?

    /// A hyper-parameter.
    public init(_ key: String, _ value: String, allowed: Allowed, meaning: String, source: String? = nil) {
      (self.key, self.value, self.allowed, self.meaning, self.source) = (key, value, allowed, meaning, source)
    }
  }

  /// The name that `--recipe` takes.
  public let name: String
  /// What it trains, one line.
  public let summary: String
  /// The command line that runs it.
  public let command: String
  /// The result to expect, with its source.
  public let expected: String
  /// The publication or repository that it follows.
  public let source: String
  /// Every hyper-parameter in the order in which it is shown.
  public let parameters: [Parameter]

  /// A page.
  public init(
    name: String, summary: String, command: String, expected: String, source: String, parameters: [Parameter]
  ) {
    (self.name, self.summary, self.command) = (name, summary, command)
    (self.expected, self.source, self.parameters) = (expected, source, parameters)
  }
}
