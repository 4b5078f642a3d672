import SubCore

/// The losses of several updates, added up on the device: nothing is read but for a line of the log or a checkpoint.
struct LossSums {
  /// The sums as a checkpoint holds them.
  struct Values: Sendable, Equatable {
    var updates = 0
    var main = 0.0
    var sub: Double?
  }

  private var updates: Int
  private var main, sub: Sum

  /// One sum: what was read of a checkpoint until there is a loss of whose type and device it can be.
  private struct Sum {
    var start: Double?
    var tensor: Tensor?

    mutating func add(_ loss: Tensor, _ share: Double) {
      let sum =
        tensor ?? Tensor(loss.shape, filledWith: start ?? 0, dtype: loss.dtype, on: loss.device)
      loss.add(to: sum, times: share)
      tensor = sum
    }

    var value: Double? { tensor?.item ?? start }
  }

  /// Goes on from the sums of a checkpoint.
  init(_ values: Values) {
    updates = values.updates
    (main, sub) = (Sum(start: values.updates > 0 ? values.main : nil), Sum(start: values.sub))
  }

  /// Adds an update: the losses of its parts and each one's share.
  mutating func add(_ losses: [(losses: StepLosses, share: Double)]) {
    updates += 1
    for (losses, share) in losses {
      main.add(losses.main, share)
      if let loss = losses.sub { sub.add(loss, share) }
    }
  }

  /// Begins anew.
  mutating func clear() { self = LossSums(Values()) }

  /// The sums.
  var values: Values { Values(updates: updates, main: main.value ?? 0, sub: sub.value) }

  /// The means over the updates; nil where there are none.
  var means: (main: Double?, sub: Double?) {
    let count = Double(max(1, updates))
    return (main.value.map { $0 / count }, sub.value.map { $0 / count })
  }
}
