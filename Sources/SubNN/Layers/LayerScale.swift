public import SubCore

/// LayerScale (Touvron et al. 2021): a factor for every feature of what a block adds. Key: `gamma` [D].
public final class LayerScale: Module {
  /// The factors, [D].
  public let gamma: Parameter

  /// All factors start at `start`.
  public init(_ width: Int, start: Double) { gamma = Parameter([width], .constant(start)) }

  /// [..., D] → [..., D]. A transformer block has it in one pass with the joint instead.
  public func callAsFunction(_ x: Tensor) -> Tensor { x * gamma.tensor }
}
