/// What options are called in timm (and the code of DeiT, MAE, BEiT and Swin), open_clip and transformers' `run_glue`, and
/// what they are here. Underscores count as dashes.
enum OtherNames {
  /// What another tool's option is here.
  enum Meaning {
    /// The first of these options that the command has; what to say where it has none.
    case same([String], else: String? = nil)
    /// An option that counts for each rank there, and for all of them together here.
    case perRank(String)
    /// A yes or no there. Yes is an option with this value, no is as if it were not written.
    case value(String, String)
    /// Nothing; what does the same, or why nothing is needed.
    case refused(String)
    /// A yes or no there. Yes is nothing, as above; no is as if it were not written.
    case refusedYes(String)
    /// The same in this command, none in others.
    case sameIn(String, String, else: String)
    /// With one of these values what is so anyway; with another, what does the same. `of`: our option that says otherwise,
    /// in commands that have it but for one.
    case already([String], else: String, of: String? = nil, butIn: String? = nil)
    /// An option for one number, the side of a square, where there are several: height and width, perhaps behind channels.
    case side(String)

    /// Whether it is a yes or no there.
    var isFlag: Bool {
      switch self {
      case .value, .refusedYes: true
      default: false
      }
    }

    /// Our options that it may be.
    var options: [String] {
      switch self {
      case .same(let names, else: _): names
      case .perRank(let name), .value(let name, _), .sameIn(_, let name, else: _), .side(let name): [name]
      case .refused, .refusedYes, .already: []
      }
    }
  }

  /// What another tool's value is here.
  enum Word {
    /// This value.
    case value(String)
    /// This value, with other options that hold unless the line gives them: what the other tool has without being asked.
    /// `only`: what to give where the line says otherwise, which the other tool does not hear.
    case with(String, [String: String], only: String? = nil)
    /// None; what does the same.
    case refused(String)
  }

  /// What a spelling means; nil: nothing known.
  static func meaning(of spelling: String) -> Meaning? {
    let name = dashed(spelling)
    return table[name] ?? families.first { name.hasPrefix($0.key) }?.value
  }

  /// A spelling with dashes in place of underscores.
  static func dashed(_ spelling: String) -> String {
    spelling.hasPrefix("--") ? spelling.replacing("_", with: "-") : spelling
  }

  /// What a value is called here, as it stands behind another tool's spelling of our `option`.
  static func word(_ text: String, behind spelling: String, of option: String) -> Word {
    let name = text.lowercased()
    return words[dashed(spelling)]?[name] ?? words[option]?[name] ?? .value(text)
  }

  /// Every spelling that leads to one of these options, for suggestions.
  static func spellings(of options: Set<String>) -> [String] {
    table.filter { $0.value.options.contains(where: options.contains) }.keys.sorted()
  }
}
