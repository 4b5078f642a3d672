import Dispatch

/// Sums over ranks that are on their way while the backward pass still runs: piece by piece of the gradients, from the
/// last parameters to the first ones, each once all that it will receive is there.
///
/// All ranks send the same pieces in the same order, whenever each of them comes to it. What a slot will receive is known
/// from a former step; what comes beyond that, behind its sum, is kept apart and summed at the end.
final class EarlySums {
  /// Neighbours in the arena that are sent together.
  private struct Piece {
    var range: Range<Int>
    var parameters: [Parameter]
    /// Those of its slots that will be touched here again.
    var open = 0
  }

  /// The slots whose sums these are.
  let slots: Set<Int>
  private unowned let gradients: Gradients
  private let ranks: any Communicator
  private let sums = DispatchQueue(label: "masksub.sums")
  private var pieces: [Piece]
  private let pieceOfSlot: [Int: Int]
  private var left: [Int]
  private var late: [Int: Tensor] = [:]
  /// The first piece that has not been sent.
  private var next = 0

  init(of gradients: Gradients, over ranks: any Communicator, after touches: Gradients.Touches, pieceCount: Int) {
    (self.gradients, self.ranks, left) = (gradients, ranks, touches.own)
    let summed = gradients.set.trained.filter { touches.isAnyones[$0.slot] }
    var pieces: [Piece] = []
    for parameter in summed.sorted(by: { gradients.range(of: $0).lowerBound > gradients.range(of: $1).lowerBound }) {
      let range = gradients.range(of: parameter)
      if let last = pieces.last, last.range.lowerBound == range.upperBound, last.range.count < pieceCount {
        pieces[pieces.count - 1].range = range.lowerBound..<last.range.upperBound
        pieces[pieces.count - 1].parameters.append(parameter)
      } else {
        pieces.append(Piece(range: range, parameters: [parameter]))
      }
      if touches.own[parameter.slot] > 0 { pieces[pieces.count - 1].open += 1 }
    }
    self.pieces = pieces
    slots = Set(summed.map(\.slot))
    pieceOfSlot = Dictionary(
      uniqueKeysWithValues: pieces.enumerated().flatMap { index, piece in piece.parameters.map { ($0.slot, index) } })
  }

  /// Notes that something is about to be added to a slot; returns other memory for it where that slot's sum has begun.
  func touched(_ parameter: Parameter) -> Tensor? {
    let slot = parameter.slot
    guard let piece = pieceOfSlot[slot] else { return nil }
    if piece < next {
      let model = gradients.set.view(of: parameter, in: gradients.arena)
      let apart = late[slot] ?? Tensor(model.shape, filledWith: 0, dtype: model.dtype, on: model.device)
      late[slot] = apart
      return apart
    }
    left[slot] -= 1
    if left[slot] == 0 { pieces[piece].open -= 1 }
    return nil
  }

  /// Sends what is complete. Everything that was noted has been added.
  func begin() {
    while next < pieces.count, pieces[next].open == 0 { send() }
  }

  /// Sends what is left and waits for all. What arrived too late, by slots.
  func finish() -> [Int: Tensor] {
    while next < pieces.count { send() }
    sums.sync {}
    return late
  }

  private func send() {
    let piece = pieces[next]
    next += 1
    for parameter in piece.parameters where !gradients.isTouched[parameter.slot] {
      let gradient = gradients.set.view(of: parameter, in: gradients.arena)
      gradient.backend.fill(gradient, with: 0)
    }
    let values = gradients.arena.slice(from: piece.range.lowerBound, shape: [piece.range.count])
    let part = SentPart(values: values)
    sums.async { [ranks] in ranks.sum(part.values) }
  }
}

/// Gradients that nobody touches until their sum is there; their memory stays with it where a step ends early, by an error.
///
/// `@unchecked Sendable`: the thread of sums alone writes them meanwhile.
private struct SentPart: @unchecked Sendable {
  let values: Tensor
}
