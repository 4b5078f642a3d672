public import SubCore
public import SubNN
public import SubTrain

/// What a CLIP says of a batch.
public struct ContrastiveOutput {
  /// [N, E], of length 1.
  public let imageFeatures, textFeatures: Tensor
  /// Images by texts, and texts by images.
  public let similarities: Contrastive.Similarities
}

/// Contrastive training of a CLIP. The texts are the same for both branches, so their tower runs once a step, and the
/// gradients of both losses go back through it in one pass; so it is with the embeddings of the images' patches. The
/// sub-branch sees masked images (or drops, in the image tower) and reproduces the main branch's similarities by row
/// and by column.
///
/// With several pieces a batch may be larger than memory allows at once (gradient caching, Gao et al. 2021): features
/// are first computed without recording, the loss is that of the whole batch, and every piece is then computed again
/// and given its share of the features' gradient. It costs one more trip forward; the gradient is the same.
///
/// With several ranks features are gathered, those of texts once a step and those of images in every branch, and the loss
/// of a rank is that of its own pairs among all.
public final class ContrastiveTask: PiecewiseTask {
  /// The network.
  public let model: CLIP
  /// The number of pieces in which a batch passes through the towers.
  public var pieces = 1 { didSet { precondition(pieces > 0, "ContrastiveTask: \(pieces) pieces") } }

  /// How many ranks share a batch, as far as one wants to know what its loss takes.
  private let ranks: Int

  /// The task of a network.
  public init(_ model: CLIP, ranks: Int = 1) { (self.model, self.ranks) = (model, ranks) }

  /// The text features of a step, those that other ranks have with them, and the embedded patches, and what is left to do
  /// once their gradients and those of cached images are known.
  public final class Shared {
    fileprivate let texts: Junction
    /// Those of all ranks, where there are several.
    fileprivate let allTexts: Junction?
    fileprivate let patches: Junction?
    fileprivate var replays: [(Gradients) -> Void] = []

    fileprivate init(_ texts: Junction, of ranks: any Communicator, _ patches: Junction?) {
      (self.texts, self.patches) = (texts, patches)
      allTexts = ranks.isAlone ? nil : Junction(texts.tensor.gathered(over: ranks))
    }
  }

  public var lossSpansRanks: Bool { true }

  /// Similarities, their targets and gradients, and the features of both towers and branches with theirs.
  public func joinedBytes(of count: Int) -> Int { 4 * ranks * count * (8 * count + 8 * model.config.embedWidth) }

  /// The text features of a batch, for both branches.
  public func shared(_ batch: ClipBatch, _ pass: Pass) -> Shared {
    var replays: [(Gradients) -> Void] = []
    // What makes a branch harder acts in the image tower: the texts are those of all branches.
    var plain = pass
    (plain.dropPath, plain.branchDropout) = (nil, nil)
    let features = features(batch.count, &replays) { [model] range in
      model.textFeatures(batch.texts[range], plain, on: batch.images.device)
    }
    // Pieces are computed again one by one; a trip that hides patches itself needs only those that it keeps.
    let sharesPatches = pieces == 1 && pass.masking == nil
    let shared = Shared(
      features, of: batch.ranks, sharesPatches ? model.stem(batch.images).map { Junction($0) } : nil)
    shared.replays = replays
    return shared
  }

  /// Sends the gradients of both branches back through the text tower, and through the pieces.
  public func finish(_ shared: Shared, into gradients: Gradients) {
    shared.patches?.backward(into: gradients)
    shared.allTexts?.backward(into: gradients)
    if pieces == 1 { shared.texts.backward(into: gradients) }
    for replay in shared.replays { replay(gradients) }
    shared.replays = []
  }

  /// Image features and similarities of one branch.
  public func forward(_ batch: ClipBatch, _ shared: Shared, _ pass: Pass) -> ContrastiveOutput {
    var pass = pass
    pass.firstSample = batch.first
    let kept = model.keptPatches(images: batch.count, pass)
    let patches = shared.patches?.tensor
    let compute = { [model, pass] (range: Range<Int>) in
      model.imageFeatures(batch.images, stem: patches, of: range, kept: kept.map { Array($0[range]) }, pass)
    }
    let images =
      pieces == 1 ? compute(0..<batch.count) : features(batch.count, &shared.replays, compute).tensor
    let texts = shared.texts.tensor
    return ContrastiveOutput(
      imageFeatures: images, textFeatures: texts,
      similarities: Contrastive.Similarities(
        images: .init(images, of: images.gathered(over: batch.ranks), from: batch.first),
        texts: .init(texts, of: shared.allTexts?.tensor ?? texts, from: batch.first),
        logScale: model.logitScale.tensor))
  }

  /// The main branch's loss: each image's own caption, each caption's own image.
  public func loss(_ output: ContrastiveOutput, _ batch: ClipBatch) -> Tensor { Contrastive.loss(output.similarities) }

  /// What the sub-branch is to reproduce: the similarities by row and by column, without gradient.
  public func softTarget(of output: ContrastiveOutput) -> Contrastive.SoftTarget {
    Contrastive.softTarget(of: output.similarities)
  }

  /// The sub-branch's loss.
  public func loss(_ output: ContrastiveOutput, mimicking target: Contrastive.SoftTarget) -> Tensor {
    Contrastive.loss(output.similarities, mimicking: target)
  }

  /// Features of a whole batch behind a cut: recorded as they are in one piece; in several pieces computed without
  /// recording, with a replay of every piece for the time when their gradient is known.
  private func features(
    _ count: Int, _ replays: inout [(Gradients) -> Void], _ compute: @escaping (Range<Int>) -> Tensor
  ) -> Junction {
    guard pieces > 1 else { return Junction(compute(0..<count)) }
    let ranges = (0..<pieces).map { count * $0 / pieces..<count * ($0 + 1) / pieces }.filter { !$0.isEmpty }
    let parts = Tape.withoutRecording { ranges.map(compute) }
    let width = parts[0].shape.columns
    let junction = Junction(Tensor.concatenated(parts).reshaped([count, width]), isLeaf: true)
    replays.append { gradients in
      guard let sum = junction.gradient else { return }
      for range in ranges {
        let share = sum.gatherRows(.indices(range.count, from: range.lowerBound, on: sum.device))
        compute(range).backward(from: share, into: gradients)
      }
    }
    return junction
  }
}
