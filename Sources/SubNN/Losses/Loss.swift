public import SubCore

/// A supervised loss together with the soft target by which the sub-branch mimics the main branch. Which target belongs
/// to which loss is decided here and nowhere else.
public struct Loss {
  private let supervised, mimicking: (_ output: Tensor, _ target: Target) -> Tensor
  private let target: (_ output: Tensor) -> Target

  /// A loss of one's own.
  ///
  /// - Parameters:
  ///   - supervised: the loss against what the data say, a scalar.
  ///   - softTarget: what the sub-branch is to reproduce of the main branch's output, which comes as a constant.
  ///   - mimicking: the sub-branch's loss against that, a scalar; nil: it is judged as the main branch is.
  public init(
    _ supervised: @escaping (_ output: Tensor, _ target: Target) -> Tensor,
    softTarget: @escaping (_ output: Tensor) -> Target,
    mimicking: ((_ output: Tensor, _ softTarget: Target) -> Tensor)? = nil
  ) {
    (self.supervised, target, self.mimicking) = (supervised, softTarget, mimicking ?? supervised)
  }

  /// The loss against what the data say, a scalar.
  public func callAsFunction(_ output: Tensor, _ target: Target) -> Tensor { supervised(output, target) }

  /// What the sub-branch is to reproduce, a constant.
  public func softTarget(of output: Tensor) -> Target { Tape.withoutRecording { target(output.detached()) } }

  /// The sub-branch's loss against a soft target, a scalar.
  public func callAsFunction(_ output: Tensor, mimicking target: Target) -> Tensor { mimicking(output, target) }
}

extension Loss {
  /// Softmax cross-entropy; the sub-branch reproduces the softmax. How far labels are smoothed is their target's to say.
  public static var crossEntropy: Loss {
    Loss {
      $0.crossEntropy($1)
    } softTarget: {
      .probabilities($0.softmax())
    }
  }

  /// Binary cross-entropy with logits, mean over rows and classes; the sub-branch reproduces the sigmoid. Smoothed labels
  /// are `.probabilities`.
  public static var binaryCrossEntropy: Loss {
    Loss {
      $0.binaryCrossEntropy($1)
    } softTarget: {
      .probabilities($0.sigmoid())
    }
  }

  /// Mean squared error of a regression, whose values are `.probabilities`; the sub-branch reproduces the output itself.
  public static var meanSquaredError: Loss {
    Loss { output, target in
      guard case .probabilities(let values) = target else { preconditionFailure("meanSquaredError: integer labels") }
      return output.meanSquaredError(values)
    } softTarget: {
      .probabilities($0)
    }
  }
}
