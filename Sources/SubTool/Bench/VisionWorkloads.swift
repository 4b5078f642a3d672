import SubCore
import SubNN
import SubTrain
import VisionSub

extension Workload {
  /// DeiT-III's ViT-S/16, 224 pixels.
  static let vitSmall = vision("vit-s16", batch: 16, "deit3_small_patch16_224")

  /// ViT-B/16, 224 pixels.
  static let vitBase = vision("vit-b16", batch: 8, "vit_base_patch16_224")

  /// Swin-T, 224 pixels.
  static let swinTiny = vision("swin-t", batch: 8, "swin_tiny_patch4_window7_224")

  /// ResNet-50, 224 pixels.
  static let resnet50 = vision("resnet50", batch: 8, "resnet50")

  private static func vision(_ name: String, batch: Int, _ variant: String) -> Workload {
    guard let config = VisionFamilies.configuration(named: variant) else {
      preconditionFailure("no network \(variant)")
    }
    return Workload(name: name, batch: batch, basis: .image, patches: config.cells.count) {
      batch, method, precision, device in
      let key = RandomKey(seed: 0)
      let task = ImageClassification(config.makeModel(), objective: .crossEntropy)
      let parameters = ParameterSet(task.model, precision: precision, on: device, key: key)
      let shape = [batch, 3, config.imageSize, config.imageSize]
      let pixels = (0..<shape.reduce(1, *)).map { Float(key.normal(at: $0)) }
      let labels = (0..<batch).map { key.fold("label").integer(below: config.classes, at: $0) }
      let data = ImageClassification.Batch(
        images: Tensor(HostArray(pixels, shape: shape), on: device),
        target: .labels(Tensor(indices: labels, on: device), smoothing: 0))
      return step(task, data, parameters, method)
    }
  }
}
