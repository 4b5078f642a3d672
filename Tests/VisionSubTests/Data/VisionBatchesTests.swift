import SubCore
import SubNN
import Testing

@testable import SubData
@testable import VisionSub

/// Batches of images as the loss sees them.
@Suite struct VisionBatchesTests {
  @Test(arguments: [nil, [1, 1, 1]] as [[Float]?])
  func `labels that nothing mixes are smoothed, with weights of classes and without`(_ weights: [Float]?) {
    let pixels = PixelBatch(
      bytes: HostArray([UInt8](repeating: 0, count: 6), shape: [2, 1, 1, 3], dtype: .u8),
      table: [Float](repeating: 0, count: 768))
    let batch = ImageBatch(
      pixels: [pixels], own: 0..<2, labels: [0, 1], targets: nil, indices: [0, 1], epoch: 0, number: 0)
    let target = VisionBatches.upload(batch, binarizes: false, weights: weights, smoothing: 0.2, to: .cpu).target
    let (loss, logits) = (Loss.crossEntropy, Tensor([2, 0, 0, 0, 1, 0], [2, 3], on: .cpu))
    #expect(abs(loss(logits, target).item - 0.5954947) < 1e-6)
  }
}
