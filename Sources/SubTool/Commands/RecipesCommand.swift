import SubCore
package import SubTrain

/// `recipes`: the list, or one page.
package struct RecipesCommand: Command {
  package static let name = "recipes"
  package static let summary = "lists the recipes; show NAME shows every hyper-parameter and where it comes from"
  package static let example = "masksub recipes show glue"
  package static let section = CommandSection.look

  @Argument("show", "the word show, then") package var action: Action?
  @Argument("NAME", "the recipe's name") package var recipe: String?

  /// What can be done besides listing.
  package enum Action: String, CaseIterable, OptionValue {
    case show
  }

  package init() {}

  package func run(in context: ToolContext) throws {
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
package struct RecipeBook {
  private let pages: [RecipePage]

  /// A book of pages in their order.
  package init(pages: [RecipePage]) { self.pages = pages }

  /// A line per recipe.
  package func list() -> String {
    let width = pages.map(\.name.count).max() ?? 0
    return pages.map { "\($0.name.padded(width))  \($0.summary)\n" }.joined()
  }

  /// The whole page of a recipe.
  package func page(_ name: String, style: TextStyle, width: Int) throws -> String {
    guard let page = pages.first(where: { $0.name == name }) else {
      let nearest = Suggestion.nearest(to: name, in: pages.map(\.name)).map { "did you mean '\($0)'?" }
      throw InputError(
        "there is no recipe '\(name)'", at: "masksub recipes", cure: nearest ?? "masksub recipes lists them",
        isUsage: true)
    }
    let keys = page.parameters.map(\.key.count).max() ?? 0
    let values = min(page.parameters.map(\.value.count).max() ?? 0, 12)
    let margin = keys + values + 6
    var (rows, group) = ("", Substring())
    for parameter in page.parameters {
      // A free line between groups.
      if let own = parameter.key.split(separator: ".").first, own != group {
        rows += group.isEmpty ? "" : "\n"
        group = own
      }
      rows += "  \(parameter.key.padded(keys))  \(parameter.value.padded(values))  "
      if parameter.value.count > values { rows += "\n" + String(repeating: " ", count: margin) }
      rows += Self.explanation(parameter).wrapped(to: max(24, width - margin), margin: margin) + "\n"
    }
    return """
      \(style.bold(page.name)): \(page.summary)

        \(page.command)

      expected: \(page.expected)
      source: \(page.source)

      \(style.bold("Hyper-parameters")) (--set KEY=VALUE; the last part of a key will do where it is the only one)

      """ + rows
  }

  /// What a hyper-parameter does, in brackets what it takes, then what the page's source does not say of its value.
  private static func explanation(_ parameter: RecipePage.Parameter) -> String {
    "\(parameter.meaning) [\(parameter.allowed.description)]" + (parameter.source.map { "; \($0)" } ?? "")
  }
}
