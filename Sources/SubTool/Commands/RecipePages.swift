import SubCore
import SubData
import SubTrain
import TextSub
import VisionSub

extension RecipePage {
  /// The pages of the vision recipes.
  static let vision: [RecipePage] = VisionRecipe.book.compactMap { entry in
    guard let page = try? entry.page() else { return nil }
    let parameters = page.parameters.map { parameter in
      parameter.source.isEmpty ? Parameter(parameter.key, parameter.value, source: page.source) : parameter
    }
    let maxSteps = Parameter(
      VisionSettings.maxStepsKey, "0", source: "this project: ends the run after so many updates; 0: all epochs")
    return RecipePage(
      name: page.name, summary: page.summary, command: page.command, expected: page.expected, source: page.source,
      parameters: parameters + [maxSteps])
  }

  /// The pages of the GLUE recipes.
  static let glue: [RecipePage] = [
    page(
      GLUERecipe(.cola), summary: "fine-tunes a BERT on a GLUE task",
      command: "masksub glue --task cola --data glue/CoLA --from bert-base-cased",
      expected: "BERT-base, dev: CoLA 54.7 → 58.3 Matthews with MaskSub (Table 11)",
      source: "transformers' run_glue and its README; MaskSub Table 11",
      notes: [
        "epochs": "run_glue's README: 3; 5 for MRPC and WNLI", "clip_norm": "transformers' Trainer",
        "max_steps": "0: all epochs", "save_every": "0: every epoch", "evaluate_every": "0: every epoch",
        "log_every": "this project", "eval_batch_size": "this project; has no influence on results",
      ]),
    page(
      .fromScratch, summary: "trains a small BERT on the embedded sentences, about a minute on two cores",
      command: "masksub glue --task cola", expected: "a Matthews correlation well above 0 on the held-out sentences",
      source: "this project", notes: [:]),
  ]

  private static func page(
    _ recipe: GLUERecipe, summary: String, command: String, expected: String, source: String, notes: [String: String]
  ) -> RecipePage {
    let fields = (try? recipe.json())?.object?.members ?? []
    return RecipePage(
      name: recipe.name, summary: summary, command: command, expected: expected, source: source,
      parameters: fields.filter { $0.key != "name" }.map { field in
        Parameter(field.key, field.value.string ?? field.value.text(), source: notes[field.key] ?? source)
      })
  }
}
