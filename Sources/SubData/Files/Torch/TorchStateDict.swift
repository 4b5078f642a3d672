import SubCore

/// Finds the weights in what was pickled and gives them flat, dotted names.
struct TorchStateDict {
  private(set) var tensors: [(name: String, tensor: TorchTensor)] = []
  /// Entries that look like tensors and cannot be read, with the reason.
  private(set) var skipped: [String] = []
  /// The key of the weights in a checkpoint; nil: the whole is weights.
  private(set) var key: String?
  /// Other keys under which weights stand.
  private(set) var otherKeys: [String] = []
  private let place: String
  private var visited = 0
  /// Shared dictionaries may multiply; no model has this many entries.
  private static let visitLimit = 1 << 18
  private static let nameLimit = 1024
  /// Where checkpoints keep the weights, in the order of preference: averages first, as timm's loader has it.
  private static let keys = [
    "state_dict_ema", "model_ema", "ema_state_dict", "params_ema", "ema", "model", "module", "state_dict",
    "model_state", "model_state_dict", "params", "weights", "net", "network", "teacher", "student",
  ]
  /// Where they keep what trains weights, which holds tensors too.
  private static let trainingKeys: Set = [
    "optimizer", "optimizers", "optimizer_state", "optimizer_state_dict", "optimizer_states", "optim", "opt",
    "scheduler", "schedulers", "lr_scheduler", "lr_schedulers", "scheduler_state_dict", "scaler", "amp", "amp_scaler",
    "loops", "callbacks", "loss", "criterion", "rng", "rng_state", "random_state", "cuda_rng_state",
  ]

  /// The weights under `key`; without, under the first of the usual keys that holds any, else under the only one that
  /// does, else in the whole.
  init(_ content: PickleValue, key: String? = nil, place: String) throws {
    self.place = place
    let holders = (content.members ?? []).compactMap { member -> String? in
      guard let key = member.key.string, Self.isContainer(member.value), Self.holdsTensors(member.value) else {
        return nil
      }
      return key
    }
    if let key {
      guard holders.contains(key) else {
        throw InputError(
          "there are no weights under '\(key)'", at: place,
          cure: holders.isEmpty ? "leave --weights out" : "use one of \(holders.joined(separator: ", "))", isUsage: true
        )
      }
      self.key = key
    } else {
      let own = holders.filter { !Self.trainingKeys.contains($0) }
      let isBare = content.members?.contains { $0.value.tensor != nil } ?? false
      self.key = Self.keys.first(where: own.contains) ?? (own.count == 1 && !isBare ? own[0] : nil)
    }
    if let key = self.key, let value = content[key] {
      otherKeys = holders.filter { $0 != key && !Self.trainingKeys.contains($0) }
      try walk(value, "")
    } else if let members = content.members {
      try walk(members.filter { !Self.trainingKeys.contains($0.key.string ?? "") || $0.value.tensor != nil }, "")
    } else {
      try walk(content, "")
    }
    stripPrefixes()
  }

  /// What has to be said of the choice.
  var remarks: [String] {
    let choice =
      otherKeys.isEmpty
      ? []
      : [
        "the weights under '\(key ?? "")' are taken, as timm does; there are others: "
          + otherKeys.map { "--weights \($0)" }.joined(separator: ", ")
      ]
    let left =
      skipped.isEmpty
      ? [] : ["\(skipped.count) tensors cannot be read and are left out: \(skipped.prefix(12).joined(separator: ", "))"]
    return choice + left
  }

  private static func isContainer(_ value: PickleValue) -> Bool {
    switch value {
    case .dictionary, .object: true
    default: false
    }
  }

  /// Whether there are tensors not far below, where a state dict or a module has them.
  private static func holdsTensors(_ value: PickleValue, depth: Int = 0) -> Bool {
    guard depth < 8 else { return false }
    switch value {
    case .tensor: return true
    case .dictionary(let members): return members.prefix(1024).contains { holdsTensors($0.value, depth: depth + 1) }
    case .object(let object):
      return object.items.prefix(1024).contains { holdsTensors($0.value, depth: depth + 1) }
        || ["_parameters", "_buffers", "_modules"].contains { part in
          object.state[part].map { holdsTensors($0, depth: depth + 1) } ?? false
        }
    default: return false
    }
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
      } else if let kind = object.unreadableTensor {
        skipped.append("\(name): \(kind)")
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

extension PickleObject {
  /// What it is where PyTorch makes a tensor of it that is none of those read here: a sparse or a quantized one.
  fileprivate var unreadableTensor: String? {
    switch type {
    case "torch._utils._rebuild_sparse_tensor": "a sparse tensor"
    case "torch._utils._rebuild_qtensor": "a quantized tensor"
    case "torch._utils._rebuild_nested_tensor": "a nested tensor"
    case "torch._utils._rebuild_meta_tensor_no_storage": "a tensor without values"
    case _ where type.hasPrefix("torch._utils._rebuild_"): "a tensor by \(type.dropFirst("torch._utils.".count))"
    default: nil
    }
  }
}
