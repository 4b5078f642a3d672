import ClipSub
import SubCore
import SubNN
import SubTrain

extension Workload {
  /// CLIP ViT-B/32, texts of all 77 tokens.
  static let clipB32 = clip("clip-b32", length: 77)
  /// The same with texts as short as captions from the web.
  static let clipB32Short = clip("clip-b32-short", length: 12)

  private static func clip(_ name: String, length: Int) -> Workload {
    Workload(name: name, batch: 16, basis: .image, patches: ClipConfig().image.patches) {
      batch, method, precision, device in
      let key = RandomKey(seed: 0)
      let task = ContrastiveTask(CLIP(ClipConfig()))
      let parameters = ParameterSet(task.model, precision: precision, on: device, key: key)
      let side = task.model.config.image.size
      let texts = (0..<batch).map { row in
        (1..<length).map { Int32(1 + key.integer(below: 48999, at: row * length + $0)) } + [49407]
      }
      let images = Tensor.uniform([batch, 3, side, side], key.fold("images"), on: device)
      return step(task, ClipBatch(images: images, texts: texts), parameters, method)
    }
  }
}
