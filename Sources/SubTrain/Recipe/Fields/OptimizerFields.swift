public import SubCore
public import SubNN

/// `optimizer.*`: what makes the updates.
public struct OptimizerFields: FieldGroup {
  /// The optimizers that the recipes use.
  public enum Name: String, Sendable, CaseIterable { case adamw, lamb, sgd }

  /// The rule of an update.
  public var name = Name.adamw
  /// The learning rate at its peak, as used: nothing is scaled by the batch size.
  public var lr = 1e-3
  /// The decay of the mean of gradients.
  public var beta1 = 0.9
  /// The decay of the mean of their squares.
  public var beta2 = 0.999
  /// Added to the root of the second moment.
  public var epsilon = 1e-8
  /// What of SGD's running sum of gradients stays.
  public var momentum = 0.9
  /// Whether SGD's momentum is Nesterov's.
  public var nesterov = false
  /// The decay of weights: decoupled, but within the gradient in SGD.
  public var weightDecay = 0.0
  /// The factor on the rate from one layer to the one below; 1: none.
  public var layerDecay = 1.0
  /// The global gradient norm to clip to; 0: none.
  public var clipNorm = 0.0

  /// PyTorch's defaults, without decay.
  public init() {}

  @Sendable private static func withSGD(_ fields: Self) -> String? { fields.name == .sgd ? "with sgd" : nil }

  public static let fields: [Field<Self>] = [
    Field(
      "name", \.name,
      "the rule of an update; lamb has a limit of 1 on the gradient's norm in itself, and timm's an epsilon of 1e-6; timm's sgd "
        + "is --nesterov true here"),
    Field("lr", \.lr, .amount, "the learning rate at its peak; not scaled with the batch size"),
    Field("beta1", \.beta1, .fraction, "the decay of the mean of gradients").idle(withSGD),
    Field("beta2", \.beta2, .fraction, "the decay of the mean of their squares").idle(withSGD),
    Field("epsilon", \.epsilon, .positive, "added to the root of the second moment").idle(withSGD),
    Field("momentum", \.momentum, .fraction, "sgd: what of the running sum of gradients stays; 0: there is none")
      .idle { $0.name == .sgd ? nil : "with \($0.name)" },
    Field("nesterov", \.nesterov, "sgd: whether the momentum, where there is any, is Nesterov's")
      .idle { $0.name == .sgd ? $0.momentum > 0 ? nil : "without momentum" : "with \($0.name)" },
    Field("weight_decay", \.weightDecay, .amount, "the decay of weights: decoupled, but within the gradient in sgd"),
    Field("layer_decay", \.layerDecay, .factor, "the factor on the rate from one layer to the one below; 1: none"),
    Field("clip_norm", \.clipNorm, .amount, "the gradient's norm over all weights is cut to this; 0: never"),
  ]

  /// The optimizer of a model's parameters, whose rates `groups` are. `published` tells which of them join several of the
  /// original's tensors.
  public func make(_ set: ParameterSet, _ groups: ParameterGroups, _ published: Naming) -> any Optimizer {
    let settings = MomentOptimizer.Settings(beta1: beta1, beta2: beta2, epsilon: epsilon)
    return switch name {
    case .adamw: AdamW(set, groups: groups, settings: settings)
    case .lamb: LAMB(set, groups: groups, settings: settings) { published.names(of: $0.name).count }
    case .sgd:
      SGD(
        set, groups: groups,
        settings: SGD.Settings(momentum: momentum, isNesterov: nesterov && momentum > 0))
    }
  }
}
