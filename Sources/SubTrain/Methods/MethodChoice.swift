import SubCore
public import SubNN

/// The method of a run, decided once what it trains is known: a value as it is, or a kind of method whose ratio follows
/// from the run where it was not given.
public struct MethodChoice: Sendable {
  private let resolve: @Sendable (RatioBasis, Masking.Selection) throws -> any Method

  /// A method as it is.
  public init(_ method: some Method) { resolve = { _, _ in method } }

  /// A kind of method; `ratio` nil: what follows from the run; `subWeight` nil: 0.5. What the method has no use for is a
  /// usage error.
  public init(_ type: any Method.Type, ratio: Double? = nil, subWeight: Double? = nil) {
    resolve = { basis, selection in
      guard ratio == nil || type.ratio != nil else {
        throw InputError(
          "\(type.name) has no ratio", at: "--ratio", cure: "leave it out, or choose another --method", isUsage: true)
      }
      let value = ratio ?? type.ratio?.standard(basis) ?? 0
      if let own = type.ratio, !own.range.contains(value) {
        throw InputError(
          "a \(own.meaning) of \(value.fixed(2)) is out of range", at: "--method \(type.name)",
          cure: "give a --ratio of at least \(own.range.lowerBound), below \(own.range.upperBound)", isUsage: true)
      }
      let method = type.init(
        MethodSettings(
          ratio: value, isRatioGiven: ratio != nil, subWeight: subWeight ?? 0.5, selection: selection))
      guard subWeight == nil || method.numbers.contains(where: { $0.name == "sub_weight" }) else {
        throw InputError(
          "\(type.name) has no sub-branch", at: "--sub-weight", cure: "leave it out, or choose another --method",
          isUsage: true)
      }
      return method
    }
  }

  /// The method of a run. `selection`: how its recipe chooses what is hidden of an image.
  public func resolved(_ basis: RatioBasis, selection: Masking.Selection = .uniform) throws -> any Method {
    try resolve(basis, selection)
  }
}

extension MethodChoice {
  /// What `--analyze` hides of evaluated inputs: as much as the method does, or as the run would have one hide that does.
  public static func analyzed(
    _ method: some Method, _ basis: RatioBasis, selection: Masking.Selection = .uniform
  ) -> Masking? {
    if type(of: method).hidesParts { return method.masking }
    return basis.hidden > 0 ? Masking(ratio: basis.hidden, selection: selection) : nil
  }
}
