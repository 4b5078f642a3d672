import SubCore
import SubTool
import SubTrain
import Testing

@Suite struct RecipesTests {
  private let book = RecipeBook(pages: [
    RecipePage(
      name: "glue", summary: "BERT on a GLUE task", command: "masksub glue --task cola", expected: "60.5 Matthews",
      source: "run_glue",
      parameters: [.init("lr", "2e-05", source: "run_glue's README"), .init("epochs", "3", source: "the same")]),
    RecipePage(name: "a", summary: "another", command: "c", expected: "e", source: "s", parameters: []),
  ])

  @Test func `a line per recipe`() { #expect(book.list() == "glue  BERT on a GLUE task\na     another\n") }

  @Test func `a page shows every hyper-parameter with its source`() throws {
    #expect(
      try book.page("glue", style: TextStyle(isColoured: false)) == """
        glue: BERT on a GLUE task

          masksub glue --task cola

        expected: 60.5 Matthews
        source: run_glue

        Hyper-parameters (--set KEY=VALUE)
          lr      2e-05  run_glue's README
          epochs  3      the same

        """)
    #expect(
      throws: InputError(
        "there is no recipe 'gleu'", at: "masksub recipes", cure: "did you mean 'glue'?", isUsage: true)
    ) {
      try book.page("gleu", style: TextStyle(isColoured: false))
    }
  }

  @Test func `wrong uses`() {
    #expect(ToolRun("recipes", "shwo").error.contains("did you mean 'show'?"))
    #expect(ToolRun("recipes", "show").code == 2 && ToolRun("recipes", "show", "no-such").code == 2)
    #expect(ToolRun("recipes").code == 0)
  }
}
