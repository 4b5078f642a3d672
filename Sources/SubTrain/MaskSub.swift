public import SubCore
public import SubNN

/// How a step trains.
public enum Method: String, Sendable, Codable, CaseIterable {
  /// The label alone.
  case baseline
  /// The main branch by the label, a masked sub-branch by the main branch (MaskSub, Eq. 1 and 3).
  case masksub
  /// The masked input by the label, nothing else (Eq. 2).
  case masking
  /// As `masksub`, with dropout in place of masking.
  case dropsub
  /// As `masksub`, with stochastic depth in place of masking.
  case pathsub

  /// Whether there is a sub-branch.
  public var hasSubBranch: Bool { self != .baseline && self != .masking }

  /// Whether its ratio is a share of the input that is hidden.
  public var hidesParts: Bool { self == .masksub || self == .masking }
}

/// The losses of a step, still on the device.
public struct StepLosses {
  /// The supervised loss.
  public let main: Tensor
  /// The sub-branch's loss.
  public let sub: Tensor?
  /// The L2 norms of each branch's share of the gradient, where they were asked for.
  public var mainNorm, subNorm: Double?
}

/// What a step leaves behind besides gradients.
public struct Step<Output> {
  /// The losses.
  public let losses: StepLosses
  /// The main branch's output, and the sub-branch's where there is one.
  public let main: Output
  public let sub: Output?
}

/// Training with a masked sub-branch, for any modality. This is the only place where the method is written.
public struct MaskSub: Sendable {
  /// How the step trains.
  public var method: Method
  /// masksub, masking: the share that is hidden. dropsub: the dropout rate. pathsub: the stochastic depth itself.
  public var ratio: Double
  /// The sub-branch's share of the loss; the main branch has the rest.
  public var subWeight: Double
  /// How masksub and masking choose what they hide of an image.
  public var selection = Masking.Selection.uniform
  /// Given noise for the mask, for comparison with another implementation.
  public var noise: HostArray?

  /// The method with its two numbers.
  public init(_ method: Method, ratio: Double, subWeight: Double = 0.5, noise: HostArray? = nil) {
    self.method = method
    self.ratio = ratio
    self.subWeight = subWeight
    self.noise = noise
  }

  /// Throws a usage error at `place` where the method would hide all of an image's `patches`.
  public func check(patches: Int, at place: String) throws {
    if method.hidesParts { try Masking.check(ratio: ratio, patches: patches, at: place) }
  }

  /// Adds the step's gradients, times `scale`, to `gradients`. The main graph is freed before the sub-branch runs.
  /// With `separate` (an empty buffer) the branches' own gradient norms are measured.
  public func callAsFunction<Task: TrainingTask>(
    _ task: Task, _ batch: Task.Batch, into gradients: Gradients, pass: Pass, scale: Double = 1,
    separate: Gradients? = nil
  ) -> Step<Task.Output> {
    let main = branch(0, of: pass, isHidden: method == .masking)
    let shared = task.shared(batch, main)
    let output = task.forward(batch, shared, main)
    let loss = task.loss(output, batch)
    guard method.hasSubBranch else {
      loss.backward(into: gradients, scale: scale)
      task.finish(shared, into: gradients)
      return Step(losses: StepLosses(main: loss.detached(), sub: nil), main: output, sub: nil)
    }
    let target = task.softTarget(of: output)
    loss.backward(into: gradients, scale: scale * (1 - subWeight))
    var losses = StepLosses(main: loss.detached(), sub: nil)
    // The shared part's own weights are left out of these norms: its one backward pass serves both branches.
    if separate != nil { losses.mainNorm = gradients.norm() }

    let subOutput = task.forward(batch, shared, branch(1, of: pass, isHidden: true))
    let subLoss = task.loss(subOutput, mimicking: target)
    subLoss.backward(into: separate ?? gradients, scale: scale * subWeight)
    losses = StepLosses(
      main: losses.main, sub: subLoss.detached(), mainNorm: losses.mainNorm, subNorm: separate?.norm())
    if let separate {
      gradients.add(separate)
      separate.clear()
    }
    task.finish(shared, into: gradients)
    return Step(losses: losses, main: output, sub: subOutput)
  }

  /// One branch's trip: a random stream of its own and, where it is the regularised one, the method's regularisation.
  private func branch(_ index: Int, of pass: Pass, isHidden: Bool) -> Pass {
    var trip = pass.at(index)
    guard isHidden else { return trip }
    switch method {
    case .baseline: break
    case .masksub, .masking:
      trip.masking = ratio > 0 ? Masking(ratio: ratio, selection: selection, noise: noise) : nil
    case .dropsub: trip.branchDropout = Float(ratio)
    case .pathsub: trip.dropPath = Float(ratio)
    }
    return trip
  }
}
