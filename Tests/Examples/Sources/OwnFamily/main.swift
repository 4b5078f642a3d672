// A vision network of one's own, trained as the package's are: OwnFamily IMAGES, a folder of folders of pictures.
import MaskSub

/// A bag of patches: each is looked at by itself. Hidden ones are not even embedded.
final class PatchBag: Module, VisionModel {
  let (classes, imageSize) = (8, 32)
  let (patchEmbed, head) = (PatchEmbedding(64, patch: 4, bias: true), Linear(64, 8))
  func freezePatchEmbedding() { patchEmbed.freeze() }
  func stem(_ images: Tensor) -> Tensor? { nil }

  func callAsFunction(_ images: Tensor, stem: Tensor?, _ pass: Pass) -> Tensor {
    let kept = pass.masking?.kept(rows: images.shape[0], count: 64, pass.key)
    let patches = kept.map { $0.enumerated().flatMap { image, patches in patches.map { image * 64 + $0 } } }
    let tokens = patchEmbed(images, patches.map { Tensor(indices: $0, on: images.device) })
    return head(tokens.gelu().reshaped(images.shape[0], -1, 64).mean(1))
  }
}

let (images, model) = (try VisionData(CommandLine.arguments[1]).train, PatchBag())
let sampler = ImageSampler(count: images.count, batchSize: 64, seed: 0)
let augmented = ImageBatches(source: images, sampler: sampler, pipeline: .train(size: 32, augment: .none))
let batches = VisionBatches(augmented, updates: 30, binarizes: false, workers: 1, on: .cpu)
let parameters = ParameterSet(model, on: .cpu, key: RandomKey(seed: 0))
try Trainer(
  Training(ImageClassification(model, objective: .crossEntropy), parameters, batches), method: MaskSub(ratio: 0.5),
  optimizer: AdamW(parameters, weightDecay: 0.05), schedule: { _ in 3e-3 },
  settings: LoopSettings(totalSteps: 30, stepsPerEpoch: 30, seed: 0), reporter: LineReporter { print($0) }
).train()
