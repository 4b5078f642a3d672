import SubData
import SubTrain

/// Every kind of model that weight files may hold.
enum ModelFamilies {
  /// In the order in which a file is tried: a CLIP's image tower is a vision transformer too.
  static let all: [any ModelFamily] = Modalities.all.reversed().flatMap(\.families)

  /// The family of a file's model with the file seen through its naming; nil where none is recognised.
  static func recognise(_ source: any NamedTensors) -> (family: any ModelFamily, weights: Weights)? {
    for family in all {
      if let weights = family.recognise(source) { return (family, weights) }
    }
    return nil
  }
}
