import SubCore
import SubTrain
import Testing

@testable import SubTool

@Suite struct RecipesTests {
  private let book = RecipeBook(pages: [
    RecipePage(
      name: "glue", summary: "BERT on a GLUE task", command: "masksub glue --task cola", expected: "60.5 Matthews",
      source: "run_glue",
      parameters: [
        .init("optimizer.lr", "2e-05", allowed: .number(.amount), meaning: "the rate", source: "run_glue's README"),
        .init("schedule.epochs", "3", allowed: .whole(1...9), meaning: "how often the data is gone through, in turn"),
      ]),
    RecipePage(name: "a", summary: "another", command: "c", expected: "e", source: "s", parameters: []),
  ])

  @Test func `a line per recipe`() { #expect(book.list() == "glue  BERT on a GLUE task\na     another\n") }

  @Test func `a page shows every hyper-parameter with its source`() throws {
    #expect(
      try book.page("glue", style: TextStyle(isColoured: false), width: 70) == """
        glue: BERT on a GLUE task

          masksub glue --task cola

        expected: 60.5 Matthews
        source: run_glue

        Hyper-parameters (each an option, --min-lr for schedule.min_lr; or --set KEY=VALUE)
          optimizer.lr     2e-05       0 or more       the rate; run_glue's
                                                       README

          schedule.epochs  3           1 to 9          how often the data is
                                                       gone through, in turn

        """)
    #expect(
      throws: InputError(
        "there is no recipe 'gleu'", at: "masksub recipes", cure: "did you mean 'glue'?", isUsage: true)
    ) {
      try book.page("gleu", style: TextStyle(isColoured: false), width: 70)
    }
  }

  @Test func `wrong uses`() {
    #expect(ToolRun("recipes", "shwo").error.contains("did you mean 'show'?"))
    #expect(ToolRun("recipes", "show").code == 2 && ToolRun("recipes", "show", "no-such").code == 2)
    #expect(ToolRun("recipes").code == 0)
  }
}
