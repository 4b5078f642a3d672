import SubCore
import SubTrain

/// How fast this machine multiplies matrices: what the share of a limit is a share of.
struct ProductRate {
  /// Of y [rows, outputs] = x [rows, inputs] · weight [outputs, inputs]ᵀ.
  let rows, inputs, outputs: Int

  /// An MLP's two products in a ViT-S on 16 images, and the first of a BERT-base on 8 sentences of 128 tokens; of 16 times as
  /// many on a device with memory of its own, which the smaller ones do not fill.
  static func all(on device: Device) -> [ProductRate] {
    let times = device.memoryUsage == nil ? 1 : 16
    return [
      ProductRate(rows: 3152 * times, inputs: 384, outputs: 1536),
      ProductRate(rows: 3152 * times, inputs: 1536, outputs: 384),
      ProductRate(rows: 1024 * times, inputs: 768, outputs: 3072),
    ]
  }

  /// The product in words: 3152x384x1536.
  var name: String { "\(rows)x\(inputs)x\(outputs)" }

  /// Operations a second (a product and a sum are two), the best of some tries. A device with memory of its own does a few
  /// products a try: waiting for it takes as long as one.
  func measured(_ precision: Precision, tries: Int, on device: Device) throws -> Double {
    let type: DType = precision == .bf16 ? .bf16 : .f32
    device.roundsProducts(precision == .tf32)
    let key = RandomKey(seed: 0)
    let x = Tensor.uniform([rows, inputs], key.fold("x"), on: device).converted(to: type)
    let weight = Tensor.uniform([outputs, inputs], key.fold("weight"), on: device).converted(to: type)
    let products = device.memoryUsage == nil ? 1 : 8
    var best = Double.infinity
    device.synchronize()
    for _ in 0..<max(1, tries) {
      try Interruption.check()
      let start = WallClock.seconds()
      Tape.withoutRecording { for _ in 0..<products { _ = x.linear(weight) } }
      device.synchronize()
      best = min(best, (WallClock.seconds() - start) / Double(products))
    }
    return 2 * Double(rows) * Double(inputs) * Double(outputs) / best
  }
}
