import ClipSub
import SubCore

/// A CLIP of two small towers, and pairs for it.
enum SmallPairs {
  static let config = {
    var config = ClipConfig()
    config.embedWidth = 16
    config.image.size = 16
    config.image.patch = 4
    (config.image.width, config.image.layers, config.image.heads, config.image.mlpWidth) = (32, 2, 4, 64)
    config.text.contextLength = 9
    config.text.vocabularySize = 40
    (config.text.width, config.text.layers, config.text.heads, config.text.mlpWidth) = (16, 2, 2, 32)
    return config
  }()

  /// Random pairs, or the part of them that one of several ranks has.
  static func batch(_ count: Int, sharedBy ranks: any Communicator = SingleProcess()) -> ClipBatch {
    let (key, rows, size) = (RandomKey(seed: 11), ranks.rows(of: count), 3 * 256)
    let images = (rows.lowerBound * size..<rows.upperBound * size).map { key.normal(at: $0) }
    let texts = rows.map { row in
      let length = 1 + key.fold(1).integer(below: 7, at: row)
      return [38] + (0..<length).map { Int32(key.fold(row).integer(below: 38, at: $0)) } + [39]
    }
    return ClipBatch(images: Tensor(images, [rows.count, 3, 16, 16], on: .cpu), texts: texts, sharedBy: ranks)
  }
}
