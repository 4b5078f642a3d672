public import SubCore

extension Activation {
  /// transformers' names, of which the first of an activation is written. Its GELU of OpenAI's GPT and the one that it
  /// calls PyTorch's are both the form with tanh.
  private static let names: [(name: String, activation: Activation)] = [
    ("gelu", .gelu), ("gelu_new", .geluTanh), ("gelu_pytorch_tanh", .geluTanh), ("linear", .identity),
    ("quick_gelu", .quickGelu), ("relu", .relu), ("sigmoid", .sigmoid), ("tanh", .tanh),
  ]

  /// The names that transformers' configurations may use here, in order.
  public static var huggingFaceNames: [String] { names.map(\.name) }

  /// The activation that transformers' configurations call `name` (`hidden_act`); nil: there is none here.
  public init?(huggingFace name: String) {
    guard let known = Self.names.first(where: { $0.name == name }) else { return nil }
    self = known.activation
  }

  /// What transformers' configurations call it.
  public var huggingFaceName: String {
    guard let known = Self.names.first(where: { $0.activation == self }) else {
      preconditionFailure("Activation: \(self)")
    }
    return known.name
  }

  /// In words.
  public var title: String {
    switch self {
    case .identity: "none"
    case .gelu: "GELU"
    case .geluTanh: "GELU with tanh"
    case .quickGelu: "QuickGELU"
    case .tanh: "tanh"
    case .relu: "ReLU"
    case .sigmoid: "sigmoid"
    }
  }
}
