import SubCore
import SubData
import SubTrain
import VisionSub

/// What `bench` times of the data alone: training images of a recipe, from files to normalised batches, on one thread
/// and through the code that training runs. Mixing is left out, since PyTorch's loaders do not do it either.
struct ImageWorkload: Sendable {
  /// The name, as in shared benchmarks of other implementations.
  let name: String
  /// The recipe whose pipeline it is.
  let recipe: String
  /// Images of a batch unless told otherwise.
  let batch = 64
  /// The side of the images; the recipe's own where it is nil.
  var size: Int?

  /// Every workload, in order.
  static let all = [
    ImageWorkload(name: "images-deit3", recipe: "deit3-b-400", size: 224),
    ImageWorkload(name: "images-mae", recipe: "mae-b"),
  ]

  /// Opens the images and returns what makes the next batch and says how many images are in it.
  func prepare(data: String, batch: Int, seed: Int) throws -> () throws -> Int {
    var recipe = try VisionRecipe.named(recipe)
    if let size { recipe.data.imageSize = size }
    let source = try VisionData(data).train
    let batches = ImageBatches(
      source: source, sampler: ImageSampler(count: source.count, batchSize: min(batch, source.count), seed: seed),
      pipeline: try recipe.trainingPipeline())
    var number = 0
    return {
      defer { number += 1 }
      let batch = try batches.batch(number)
      // The first thing that is done with a batch, which PyTorch's loaders do themselves.
      _ = Tensor(batch.pixels, on: .cpu)
      return batch.count
    }
  }
}
