import ClipSub
import SubCore
import SubNN
import Testing

extension LandingPages {
  @Test func `the example of ClipSub`() throws {
    var config = ClipConfig()
    (config.embedWidth, config.image.size, config.image.patch) = (16, 32, 8)
    (config.image.width, config.image.layers, config.image.heads, config.image.mlpWidth) = (32, 2, 2, 64)
    (config.text.width, config.text.layers, config.text.heads, config.text.mlpWidth) = (32, 2, 2, 64)
    (config.text.contextLength, config.text.vocabularySize) = (8, 30)
    let network = CLIP(config)
    let parameters = ParameterSet(network, on: .cpu, key: RandomKey(seed: 0))
    let similarities = Tape.withoutRecording {
      let pictures = network.imageFeatures(Tensor([2, 3, 32, 32], filledWith: 0, on: .cpu), .evaluation)
      let texts: [[Int32]] = [[28, 5, 29], [28, 6, 7, 29], [28, 29]]
      return pictures.linear(network.textFeatures(texts, .evaluation, on: .cpu))
    }
    print(parameters.count, similarities.shape)  // …, [2, 3]
    #expect(similarities.shape == [2, 3] && similarities.floats().allSatisfy { abs($0) <= 1 + 1e-5 })
  }
}
