import SubCore
import SubNN
import SubTrain
import Testing
import VisionSub

extension LandingPages {
  @Test func `the example of VisionSub`() throws {
    let recipe = try VisionRecipe.named("shapes-tiny")
    let network = try VisionRunModel(recipe, classNames: ["disc", "square", "cross"])
    let pictures = Tensor([1, 3, 32, 32], filledWith: 0.5, on: .cpu)
    let logits = Tape.withoutRecording { network.task.model(pictures, .evaluation) }
    print(network.config.summary, logits.shape)  // ViT/4, 4 blocks, width 96, 3 heads [1, 3]
    #expect(network.config.summary == "ViT/4, 4 blocks, width 96, 3 heads" && logits.shape == [1, 3])
  }
}
