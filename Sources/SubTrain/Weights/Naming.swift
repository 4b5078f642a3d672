/// How a kind of file names the tensors of a model: rules from the model's own names to the file's. A value; what a family
/// of models can read and write is its list of namings.
///
///     Naming("openclip", "CLIP's names", signature: ["class_embedding", "conv1.weight"], rules: [
///       .init("cls_token", "class_embedding"),
///       .init("blocks.*.attn.qkv.*", "transformer.resblocks.*.attn.in_proj_*", …
public struct Naming: Sendable, Equatable {
  /// One name, or a family of names with gaps (`NamePattern`): the gaps of both sides hold the same, in order.
  public struct Rule: Sendable, Equatable {
    let ours: NamePattern
    /// The first is written; the others are understood too.
    let theirs: [NamePattern]
    let layout: Layout

    /// `theirs` with braces are tensors whose rows, one behind the other, are ours.
    public init(_ ours: String, _ theirs: String..., layout: Layout = .same) {
      self.init(NamePattern(ours), theirs.map { NamePattern($0) }, layout)
    }

    fileprivate init(_ ours: NamePattern, _ theirs: [NamePattern], _ layout: Layout) {
      (self.ours, self.theirs, self.layout) = (ours, theirs, layout)
    }

    /// The same rule for a part of a larger model.
    public func under(ours prefix: String, theirs other: String) -> Rule {
      Rule(ours.under(prefix), theirs.map { $0.under(other) }, layout)
    }
  }

  /// How the file's tensor lies beside the model's.
  public enum Layout: Sendable, Equatable {
    case same
    /// A matrix is its transpose there.
    case transposed
    /// So many axes of length 1 stand in front there.
    case leading(Int)
  }

  /// What `convert --names` calls it.
  public let key: String
  /// What it is called in words.
  public let title: String
  /// The names that tell such a file, behind whatever prefix: any of these lists, all of its names.
  let signatures: [[String]]
  private(set) var rules: [Rule]
  private let known: [NamePattern]
  private let lacking: [NamePattern]
  /// Namings of one dialect call what no model has alike: pretraining's own parts.
  let dialect: String
  /// Whether a prefix may tell this model from others in the same file: a CLIP's towers.
  package let isPart: Bool

  /// A naming. `signature` holds names of the file; `known` are patterns of names that mean nothing here: buffers, parts
  /// of pretraining. `lacking` are patterns of the model's own names that others who name so have no place for. Names for
  /// which there is no rule are called alike.
  public init(
    _ key: String, _ title: String, signatures: [[String]], rules: [Rule], known: [String] = [], lacking: [String] = [],
    dialect: String? = nil, isPart: Bool = false
  ) {
    (self.key, self.title, self.signatures, self.rules) = (key, title, signatures, rules)
    self.known = known.map { NamePattern($0) }
    self.lacking = lacking.map { NamePattern($0) }
    (self.dialect, self.isPart) = (dialect ?? key, isPart)
  }

  /// The model's own names.
  public static let own = Naming("own", "its own names", signatures: [], rules: [])

  /// The same for a file whose tensors `ours` are written by another of the names that are understood.
  package func writing(_ ours: String, as theirs: String) -> Naming {
    var naming = self
    naming.rules.insert(Rule(ours, theirs), at: 0)
    return naming
  }

  /// The file's names, by each of the rules that may hold: the first is written. Names joined to one tensor stand in one
  /// list.
  func candidates(_ name: String) -> [(names: [String], layout: Layout)] {
    let found = rules.flatMap { rule -> [(names: [String], layout: Layout)] in
      guard let match = rule.ours.match(name) else { return [] }
      return rule.theirs.map { ($0.names(match), rule.layout) }
    }
    return found.isEmpty ? [([name], .same)] : found
  }

  /// The names under which a tensor of the model is published: one, or those of its parts.
  public func names(of name: String) -> [String] { candidates(name)[0].names }

  /// Whether others who name so have no place for a tensor of the model: a file that is made for them leaves it out.
  func lacks(_ name: String) -> Bool { lacking.contains { $0.match(name) != nil } }

  /// Whether a file's name is known and of no use.
  func isKnown(_ name: String) -> Bool { known.contains { $0.match(name) != nil } }
}
