import SubCore

/// Finds the weights in what was pickled and gives them flat, dotted names.
struct TorchStateDict {
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  /// Entries that look like tensors and cannot be read, with the reason.
  private(set) var skipped: [String] = []
  private let place: String
  private var visited = 0
  /// Shared dictionaries may multiply; no model has this many entries.
  private static let visitLimit = 1 << 18
  private static let nameLimit = 1024
  /// Where checkpoints keep the weights, in the order of preference.
  private static let keys = ["model", "module", "state_dict", "model_state", "model_ema"]

  /// The weights under the first of the usual keys that holds any, or else in the whole.
  init(_ content: PickleValue, place: String) throws {
    self.place = place
    for key in Self.keys {
      guard let value = content[key] else { continue }
      try walk(value, "")
      if !tensors.isEmpty { break }
    }
    if tensors.isEmpty { try walk(content, "") }
    stripPrefixes()
  }

  private mutating func walk(_ value: PickleValue, _ name: String) throws {
    visited += 1
    guard visited <= Self.visitLimit, name.utf8.count <= Self.nameLimit else {
      throw InputError(
        "the names of the weights multiply beyond \(Self.visitLimit) entries or \(Self.nameLimit) bytes", at: place,
        cure: "save only the state dict")
    }
    switch value {
    case .tensor(let tensor): tensors.append((name, tensor))
    case .opaque(let what): if what.hasPrefix("a tensor") { skipped.append("\(name): \(what)") }
    case .dictionary(let members): try walk(members, name)
    case .object(let object):
      if let modules = object.state["_modules"], let parameters = object.state["_parameters"] {
        // A whole module, pickled: its weights, its buffers (those that are saved), its children.
        try walk(parameters, name)
        try walkBuffers(object.state, name)
        try walk(modules, name)
      } else if object.type.hasPrefix("__torch__.") {
        // A module of TorchScript: every attribute by its name.
        try walk(object.state, name)
      } else {
        try walk(object.items, name)
      }
    default: break
    }
  }

  private mutating func walk(_ members: [(key: PickleValue, value: PickleValue)], _ name: String) throws {
    for (key, value) in members {
      guard let part = key.string ?? key.int?.description else { continue }
      try walk(value, name.isEmpty ? part : "\(name).\(part)")
    }
  }

  private mutating func walkBuffers(_ state: PickleValue, _ name: String) throws {
    var passing: Set<String> = []
    if case .set(let names)? = state["_non_persistent_buffers_set"] { passing = Set(names.compactMap(\.string)) }
    let buffers = state["_buffers"]?.members ?? []
    try walk(buffers.filter { $0.key.string.map(passing.contains) != true }, name)
  }

  /// Wrappers for several devices and for compilation put their own name before all others.
  private mutating func stripPrefixes() {
    let stripped = tensors.map { entry in
      var name = Substring(entry.name)
      while let prefix = ["module.", "_orig_mod."].first(where: { name.hasPrefix($0) && name.count > $0.count }) {
        name = name.dropFirst(prefix.count)
      }
      return (name: String(name), tensor: entry.tensor)
    }
    if Set(stripped.map(\.name)).count == stripped.count { tensors = stripped }
  }
}
