// Fine-tunes a BERT on sentences with MaskSub: FinetuneBERT MODEL DATA, a Hugging Face style folder and CoLA's.
import MaskSub

let folder = try TextFolder(CommandLine.arguments[1])
let reader = try GLUEReader(task: .cola, data: CommandLine.arguments[2])
let task = SequenceClassification(BERTForSequenceClassification(folder.config, labels: 2))
let parameters = ParameterSet(task.model, on: .cpu, key: nil)
_ = try folder.load(into: parameters, labels: 2, startingFrom: RandomKey(seed: 0))

let source = { (split: GLUESplit) in
  let examples = try reader.read(split).examples
  return TextSource(examples, folder.tokenizer, task: .cola, maxLength: 32, batchSize: 32, on: .cpu)
}
let batches = try source(.train).shuffled(seed: 0)
try Trainer(
  Training(task, parameters, batches), method: MaskSub(ratio: 0.15),
  optimizer: AdamW(parameters, weightDecay: 0.01), schedule: { _ in 2e-5 },
  settings: LoopSettings(totalSteps: 20, stepsPerEpoch: batches.batchesPerEpoch, seed: 0),
  reporter: LineReporter { print($0) }
).train()
print(try TextEvaluator(task, .cola)([(.dev, source(.dev))]).summary)
