import SubCore
import SubTrain

/// `recipes`: the list, or one page.
struct RecipesCommand: Command {
  static let name = "recipes"
  static let summary = "lists the recipes; show NAME shows every hyper-parameter and where it comes from"
  static let example = "masksub recipes show glue"
  static let section = CommandSection.look

  @Argument("show", "the word show, then") var action: Action?
  @Argument("NAME", "the recipe's name") var recipe: String?

  /// What can be done besides listing.
  enum Action: String, CaseIterable, OptionValue {
    case show
  }

  func run(in context: ToolContext) throws {
    let book = RecipeBook(pages: Tool.recipes)
    guard action != nil else {
      try context.console.write(book.list().utf8)
      return
    }
    guard let recipe else {
      throw InputError(
        "NAME is missing", at: "masksub recipes show", cure: "name one of those that masksub recipes lists",
        isUsage: true)
    }
    try context.console.write(book.page(recipe, style: context.console.outputStyle, width: context.console.width).utf8)
  }
}

/// Recipes as text.
struct RecipeBook {
  private let pages: [RecipePage]

  /// A book of pages in their order.
  init(pages: [RecipePage]) { self.pages = pages }

  /// A line per recipe.
  func list() -> String {
    TextColumns(pages.map { [$0.name, $0.summary] }, left: [0, 1]).lines.map { $0 + "\n" }.joined()
  }

  /// The whole page of a recipe.
  func page(_ name: String, style: TextStyle, width: Int) throws -> String {
    guard let page = pages.first(where: { $0.name == name }) else {
      throw InputError(noRecipe: name, among: pages.map(\.name), at: "masksub recipes")
    }
    let keys = page.parameters.map(\.key.count).max() ?? 0
    let margin = keys + Self.values + Self.ranges + 8
    var (rows, group) = ("", Substring())
    for parameter in page.parameters {
      // A free line between groups.
      let own = parameter.key.prefix { $0 != "." }
      if own != group, !group.isEmpty { rows += "\n" }
      group = own
      rows += Self.row(parameter, keys: keys, margin: margin, width: max(24, width - margin))
    }
    return """
      \(style.bold(page.name)): \(page.summary)

        \(page.command)

      expected: \(page.expected)
      source: \(page.source)

      \(style.bold("Hyper-parameters")) (each an option, --min-lr for schedule.min_lr; or --set KEY=VALUE)

      """ + rows
  }

  /// Room for values and for what may be given instead; longer lists of that stand in the text.
  private static let (values, ranges) = (10, 14)

  /// Key, value, range, and what it means with what the page's source does not say of the value.
  private static func row(_ parameter: RecipePage.Parameter, keys: Int, margin: Int, width: Int) -> String {
    let (value, range) = (parameter.value, parameter.allowed.brief)
    let isShort = range.count <= ranges
    let text = parameter.meaning + (isShort ? "" : " [\(range)]") + (parameter.source.map { "; \($0)" } ?? "")
    // A value too long for its column has a line of its own.
    return "  \(parameter.key.padded(keys))  "
      + (value.count > values ? value + "\n" + "".padded(keys + values + 4) : value.padded(values))
      + "  \((isShort ? range : "").padded(ranges))  \(text.wrapped(to: width, margin: margin))\n"
  }
}
