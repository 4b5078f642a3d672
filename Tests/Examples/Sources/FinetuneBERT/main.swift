// Fine-tunes a BERT on sentences with MaskSub: FinetuneBERT MODEL DATA RUN, a Hugging Face style folder, CoLA's, and a new
// one, from which `masksub eval` and `masksub glue --resume` go on as from a run of their own.
import MaskSub

let (model, data, output) = (CommandLine.arguments[1], CommandLine.arguments[2], CommandLine.arguments[3])
let sentences = try GLUEReader(task: .cola, data: data)
let recipe = try GLUERecipe(.cola).with([("max_steps", "20"), ("max_length", "32")])
let bert = try TextRunModel(TextFolder(model), for: .cola)
let run = try TextRun(recipe, on: sentences, bert, method: MethodChoice(MaskSub(ratio: 0.15)))
try run.train(to: output, reporter: LineReporter { print($0) })
print(try TextEvaluation(TextFolder(output), on: sentences, by: recipe)().summary)
