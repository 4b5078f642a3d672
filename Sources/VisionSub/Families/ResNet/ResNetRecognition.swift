import SubCore
import SubTrain

/// What the names and shapes of a file's tensors say of the ResNet that they are. They do not say how large images were.
struct ResNetRecognition {
  private(set) var config = ResNetConfig(depths: [])
  private let weights: Weights
  private static let cure = "use the weights of a plain ResNet"

  init(_ weights: Weights) throws {
    self.weights = weights
    try check("conv1.weight", [ResNetConfig.stemWidth, 3, 7, 7])
    config.block = weights.contains("layer1.0.conv3.weight") ? .bottleneck : .basic
    try readStages()
    if let classes = try weights.classes(of: config.head, reading: config.features, cure: Self.cure) {
      config.classes = classes
    }
    try config.validate(at: weights.place)
  }

  private func failure(_ what: String, _ name: String) -> InputError {
    weights.failure(what, name, cure: Self.cure)
  }

  private func check(_ name: String, _ wanted: [Int]) throws {
    guard try weights.shape(of: name) == wanted else {
      throw failure("it is missing, or its shape not \(wanted)", name)
    }
  }

  /// Depths and widths. Every block must hold its convolutions: a model is never larger than the file that it is made
  /// for.
  private mutating func readStages() throws {
    (config.depths, config.widths) = ([], [])
    var inputs = ResNetConfig.stemWidth
    for stage in 1...4 {
      let first = "layer\(stage).0.conv2.weight"
      guard let shape = try weights.shape(of: first), shape.count == 4, (1...1 << 16).contains(shape[0]) else {
        throw failure("it is missing, or no convolution", first)
      }
      let width = shape[0]
      var depth = 0
      while weights.contains("layer\(stage).\(depth).conv1.weight") {
        let block = "layer\(stage).\(depth)"
        switch config.block {
        case .basic:
          try check("\(block).conv1.weight", [width, inputs, 3, 3])
          try check("\(block).conv2.weight", [width, width, 3, 3])
        case .bottleneck:
          try check("\(block).conv1.weight", [width, inputs, 1, 1])
          try check("\(block).conv2.weight", [width, width, 3, 3])
          try check("\(block).conv3.weight", [4 * width, width, 1, 1])
        }
        inputs = width * config.block.expansion
        depth += 1
      }
      config.depths.append(depth)
      config.widths.append(width)
    }
  }
}
