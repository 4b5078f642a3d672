import SubCore

extension Command {
  /// Throws a usage error for the first of these options that was given: such a model has no use for it.
  func refuse(_ spellings: Set<String>, for model: String) throws {
    guard let given = CommandForm(of: self).options.first(where: { $0.isGiven && spellings.contains($0.spelling) })
    else {
      return
    }
    throw InputError("\(model) has no use for it", at: given.spelling, cure: "leave the option out", isUsage: true)
  }
}
