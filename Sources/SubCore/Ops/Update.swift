extension ParameterSet {
  /// AdamW (Loshchilov and Hutter 2019, PyTorch's order of operations) on every parameter that has a gradient, in one
  /// pass. `rates` are each parameter's factor on the learning rate and weight decay. Consumes the gradients.
  ///
  /// Exact for tables too: a row without a gradient still decays and still moves with its momentum; a row that never had
  /// one has no moments and only decays.
  public func adamW(
    _ gradients: Gradients, _ moments: Moments, _ numbers: MomentRates, rates: [(lrScale: Double, weightDecay: Double)]
  ) {
    arena.backend.adamW(
      numbers.kernel, segments(gradients, rates) { moments.everTouched(slot: $0, rows: $1) },
      OptimizerMemory(
        p: arena, g: gradients.arena, m: moments.first, v: moments.second, shadow: arena.storage.shadow?.current))
    gradients.clear()
  }

  /// SGD as torch.optim.SGD with dampening 0: the decay is part of the gradient, g + weightDecay · p. With momentum the
  /// step is its running `sum` (an arena of zeros at the start; nil: no momentum) or, with Nesterov's, the sum as it will
  /// be. Consumes the gradients.
  public func sgd(
    _ gradients: Gradients, sum: Tensor?, _ numbers: SGDRates, rates: [(lrScale: Double, weightDecay: Double)]
  ) {
    precondition(sum == nil || sum!.count == trainedEnd, "sgd: sum \(sum!.shape), \(trainedEnd) weights")
    arena.backend.sgd(
      numbers, segments(gradients, rates), p: arena, g: gradients.arena, sum: sum, shadow: arena.storage.shadow?.current
    )
    gradients.clear()
  }

  /// The runs of the arena that have gradients and rates of their own. `ever` keeps the flags of a table's rows (its slot
  /// and their number); without it a table is a parameter like any other.
  private func segments(
    _ gradients: Gradients, _ rates: [(lrScale: Double, weightDecay: Double)],
    ever: ((_ slot: Int, _ rows: Int) -> Tensor)? = nil
  ) -> [UpdateSegment] {
    var segments: [UpdateSegment] = []
    for parameter in parameters where gradients.isTouched(parameter) {
      let slot = parameter.slot
      let (lrScale, decay) = rates[slot]
      let padded = (parameter.shape.count + 15) / 16 * 16
      if let ever, let touched = gradients.touchedRows[slot] {
        let rows = parameter.shape[0]
        segments.append(
          UpdateSegment(
            offset: offsets[slot], count: parameter.shape.count, lrScale: lrScale, weightDecay: decay,
            table: (parameter.shape.count / max(1, rows), touched, ever(slot, rows))))
      } else if let last = segments.last, last.table == nil, last.lrScale == lrScale, last.weightDecay == decay,
        last.offset + last.count == offsets[slot]
      {
        segments[segments.count - 1] = UpdateSegment(
          offset: last.offset, count: last.count + padded, lrScale: lrScale, weightDecay: decay, table: nil)
      } else {
        segments.append(
          UpdateSegment(offset: offsets[slot], count: padded, lrScale: lrScale, weightDecay: decay, table: nil))
      }
    }
    return segments
  }

  /// LAMB (You et al. 2020) as apex's FusedLAMB and timm's Lamb compute it: the trust ratio ‖p‖/‖u‖ acts only where a
  /// parameter decays. `parts`: of how many tensors, their rows one behind the other, each parameter is joined: every one
  /// of them has its own ratio. Consumes the gradients.
  public func lamb(
    _ gradients: Gradients, _ moments: Moments, _ numbers: MomentRates, rates: [(lrScale: Double, weightDecay: Double)],
    parts: [Int]
  ) {
    for parameter in parameters where gradients.isTouched(parameter) {
      let ((lrScale, decay), parts, count) = (rates[parameter.slot], parts[parameter.slot], parameter.shape.count)
      precondition(count % parts == 0, "lamb: \(parameter.name) \(parameter.shape) of \(parts) parts")
      for part in 0..<parts {
        func own(_ whole: Tensor) -> Tensor { whole.slice(from: part * (count / parts), shape: [count / parts]) }
        let memory = OptimizerMemory(
          p: own(parameter.value), g: own(gradients.value(of: parameter)),
          m: own(view(of: parameter, in: moments.first)), v: own(view(of: parameter, in: moments.second)), shadow: nil)
        arena.backend.lamb(numbers.kernel, lrScale: lrScale, weightDecay: decay, memory)
      }
    }
    arena.storage.shadow?.invalidate()
    gradients.clear()
  }
}
