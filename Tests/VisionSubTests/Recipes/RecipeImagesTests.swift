import SubCore
import SubData
import SubTrain
import Testing

@testable import VisionSub

/// What a vision recipe does to images, and that every way to do so can be set.
@Suite struct RecipeImagesTests {
  private func recipe(_ settings: String...) throws -> VisionRecipe {
    try VisionRecipe.named("deit3-b-400").with(
      settings.map { setting in
        let parts = setting.split(separator: "=").map(String.init)
        return (parts[0], parts[1])
      })
  }

  @Test func `every recipe does what the originals' loaders do`() throws {
    for entry in VisionRecipe.book {
      let pipeline = try entry.recipe.trainingPipeline()
      #expect(!pipeline.decodesScaled && !pipeline.decoding.appliesOrientation)
      let mixes = entry.recipe.mixing?.mixesBytes ?? false
      #expect(mixes == entry.recipe.name.hasPrefix("rsb-"))
      guard case .randomResized = pipeline.framing else {
        Issue.record("\(entry.recipe.name): \(pipeline.framing)")
        continue
      }
    }
  }

  @Test func `crop, orientation, scaled decoding and mixed bytes can be set`() throws {
    #expect(try recipe("crop=simple").trainingPipeline().framing == .simpleRandom)
    #expect(try recipe("crop=rrc").trainingPipeline().framing == .imageNet)
    #expect(
      try recipe("crop_scale=1").trainingPipeline().framing
        == .randomResized(scale: 1...1, ratio: (3.0 / 4)...(4.0 / 3)))
    #expect(try recipe("mix_bytes=true").mixing?.mixesBytes == true)
    let scaled = try recipe("decode_scaled=true")
    // The numbers of an evaluation stay comparable.
    #expect(try scaled.trainingPipeline().decodesScaled && !scaled.evaluationPipeline.decodesScaled)
    let turned = try recipe("exif=true")
    #expect(try turned.trainingPipeline().decoding.appliesOrientation)
    #expect(turned.evaluationPipeline.decoding.appliesOrientation)
  }
}
