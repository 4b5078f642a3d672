extension CheckCase {
  /// Three updates of a small model, of which two weights are tables whose rows are read now and then.
  static func updates() -> [CheckCase] {
    var cases: [CheckCase] = []
    for rule in ["adamW", "sgd", "sgd with momentum", "sgd with Nesterov's momentum", "lamb"] {
      for limit: Double? in [nil, 0.5] {
        cases.add("update", limit == nil ? rule : "\(rule), clipped") { t in update(t, rule, limit) }
      }
    }
    cases.add("update", "one like the other") { t in alike(t) }
    cases.add("update", "a weight held in a range", .single) { t in
      let parameter = CheckWeights(t, [("scale", [5])], .listed([-1, 0.5, 7, 4.5, 0])).set.parameters[0]
      parameter.clamp(to: 0...4.5)
      t.result("scale", parameter.value, .exact)
    }
    return cases
  }

  private static func update(_ t: Trial, _ rule: String, _ limit: Double?) {
    let w = CheckWeights(
      t, [("word", [40, 24]), ("hidden", [16, 24]), ("hidden.bias", [16]), ("part", [6, 5]), ("head", [7, 16])],
      tables: ["word", "part"])
    let (set, moments, average) = (w.set, Moments(w.set), w.set.zeros())
    let rates: [(lrScale: Double, weightDecay: Double)] = [(1, 0.05), (0.5, 0.1), (1, 0), (1, 0), (1, 0.1)]
    let sum = rule == "sgd" ? nil : set.zeros()
    for update in 1...3 {
      let words = (0..<9).map { t.key.fold(update).integer(below: 12, at: $0) }
      let logits = w["word"].gatherRows(t.indices(words)).linear(w["hidden"], w["hidden.bias"], .gelu)
        .linear(w["head"], nil, wide: true)
      let loss = logits.crossEntropy(.labels(t.indices(words.map { $0 % 7 }), smoothing: 0))
        .adding(w["part"].gatherRows(t.indices([update, 5])).power(2).sum())
      loss.backward(into: w.gradients)
      t.result("loss \(update)", loss, .network)
      let norm = w.gradients.norm()
      t.result("norm \(update)", norm, .network)
      let factor = Gradients.clipFactor(norm: norm, limit: limit)
      let numbers = MomentRates(lr: 0.05, beta1: 0.9, beta2: 0.99, epsilon: 1e-2, update: update, factor: factor)
      switch rule {
      case "adamW": set.adamW(w.gradients, moments, numbers, rates: rates)
      case "lamb": set.lamb(w.gradients, moments, numbers.capped(norm: norm), rates: rates, parts: [8, 1, 1, 2, 7])
      default:
        set.sgd(
          w.gradients, sum: sum,
          SGDRates(
            lr: 0.05, momentum: sum == nil ? 0 : 0.9, isNesterov: rule == "sgd with Nesterov's momentum", factor: factor
          ),
          rates: rates)
      }
      set.arena.average(into: average, decay: 0.75)
    }
    for parameter in set.parameters {
      t.result(parameter.name, parameter.value, .network)
      t.result("average of \(parameter.name)", set.view(of: parameter, in: average), .network)
      guard parameter.name == "word" else { continue }
      t.result("shadow of \(parameter.name)", parameter.value.lowered(to: parameter.tensor.productType), .network)
    }
    t.result("first moments", moments.first, .network)
    t.result("second moments", moments.second, .network)
  }

  /// Updates that differ in numbers alone (keys, rates, indices): where a device captures what it is asked for, the last of them
  /// are played from what it captured of those before.
  private static func alike(_ t: Trial) {
    let w = CheckWeights(t, [("word", [40, 24]), ("hidden", [16, 24]), ("hidden.bias", [16]), ("head", [7, 16])])
    let moments = Moments(w.set)
    for update in 1...6 {
      t.device.submit()
      let words = (0..<9).map { t.key.fold(update).integer(below: 40, at: $0) }
      let logits = w["word"].gatherRows(Tensor(indices: words, on: t.device))
        .linear(w["hidden"], w["hidden.bias"], .gelu).dropped(Dropout(0.2, t.key.fold(update)))
        .linear(w["head"], nil, wide: true)
      logits.crossEntropy(.labels(Tensor(indices: words.map { $0 % 7 }, on: t.device), smoothing: 0))
        .backward(into: w.gradients)
      let factor = Gradients.clipFactor(norm: w.gradients.norm(), limit: 0.5)
      let numbers = MomentRates(
        lr: 0.01 * Double(update), beta1: 0.9, beta2: 0.99, epsilon: 1e-2, update: update, factor: factor)
      w.set.adamW(
        w.gradients, moments, numbers, rates: Array(repeating: (lrScale: 1, weightDecay: 0.05), count: 4))
    }
    for parameter in w.set.parameters { t.result(parameter.name, parameter.value, .network) }
  }
}
