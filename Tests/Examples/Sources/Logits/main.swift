// The classes of one picture by a vision transformer in timm's names: Logits MODEL PICTURE
import MaskSub

let (file, picture) = (CommandLine.arguments[1], CommandLine.arguments[2])
let folder = try VisionFolder(file)
let model = folder.configuration.makeModel()
try folder.loadForEvaluation(into: ParameterSet(model, on: .cpu, key: nil))

let pipeline = try folder.evaluationRecipe().evaluationPipeline
let pixels = try pipeline.pixels(InputFile(picture).array(), name: picture, key: RandomKey(seed: 0))
let logits = Tape.withoutRecording { model(Tensor(pixels, on: .cpu), .evaluation) }
let probabilities = logits.softmax()[0].floats()
for label in probabilities.indices.sorted(by: { probabilities[$0] > probabilities[$1] }).prefix(5) {
  print(folder.classNames?[label] ?? "class \(label)", probabilities[label])
}
