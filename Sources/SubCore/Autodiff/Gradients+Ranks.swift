extension Gradients {
  /// How often a step's backward passes touched every slot here, and whether any rank touched it: from this the next
  /// step's sums over ranks know when they may begin.
  public struct Touches: Sendable {
    let own: [Int]
    let isAnyones: [Bool]
  }

  /// Lets the sums over ranks of this step begin, from a thread of their own, as soon as a piece of the gradients has
  /// been touched as often as in a former step. From here to `sum(over:)` nothing else may be asked of the ranks, and the
  /// gradients must be in the host's memory. The sums are the same bit for bit: each is of the same numbers in the same
  /// order.
  ///
  /// - Parameter pieceCount: elements of a piece, if its parameters are no larger.
  public func beginSums(over ranks: any Communicator, after touches: Touches, pieceCount: Int = 1 << 20) {
    precondition(
      arena.device.isHost && !ranks.isAlone && !isTouched.contains(true), "Gradients: sums cannot begin here")
    earlySums = EarlySums(of: self, over: ranks, after: touches, pieceCount: pieceCount)
  }

  /// Replaces the gradients by their sums over ranks, added in the order of the ranks, but for those whose sums have begun
  /// already: these are waited for. What a rank did not touch is zero there: slots, and rows of tables, that any of them
  /// touched are touched behind this in all.
  @discardableResult
  public func sum(over ranks: any Communicator) -> Touches {
    let own = touches
    guard !ranks.isAlone else { return Touches(own: own, isAnyones: isTouched) }
    let late = earlySums?.finish() ?? [:]
    let tables = set.parameters.filter { $0.isTable && !$0.isFrozen }
    var marks: [UInt8] = isTouched.map { $0 ? 1 : 0 }
    for slot in late.keys { marks[slot] = 2 }
    for table in tables {
      // A table without flags that was touched, was touched as a whole.
      let own = isTouched[table.slot] ? touchedRows[table.slot]?.host().integers().map { UInt8($0) } : nil
      let isWhole = isTouched[table.slot] && own == nil || late[table.slot] != nil
      marks += isWhole ? Array(repeating: 1, count: table.shape[0]) : own ?? Array(repeating: 0, count: table.shape[0])
    }
    marks.withUnsafeMutableBufferPointer { ranks.max($0) }

    for parameter in set.trained where marks[parameter.slot] > 0 && !isTouched[parameter.slot] {
      if !isSummed(parameter.slot) {
        let gradient = set.view(of: parameter, in: arena)
        gradient.backend.fill(gradient, with: 0)
      }
      isTouched[parameter.slot] = true
      if parameter.isTable, touchedRows[parameter.slot] == nil {
        touchedRows[parameter.slot] = Tensor([parameter.shape[0]], filledWith: 0, dtype: .u8, on: arena.device)
      }
    }
    var place = isTouched.count
    for table in tables {
      let rows = table.shape[0]
      touchedRows[table.slot]?.write(
        HostArray(Array(marks[place..<place + rows]), shape: [rows], dtype: .u8))
      place += rows
    }
    for run in runs(of: set.trained.filter { isTouched[$0.slot] && !isSummed($0.slot) }) {
      ranks.sum(arena.slice(from: run.lowerBound, shape: [run.count]))
    }
    for parameter in set.trained where marks[parameter.slot] > 1 {
      let gradient = set.view(of: parameter, in: arena)
      let rest =
        late[parameter.slot] ?? Tensor(gradient.shape, filledWith: 0, dtype: gradient.dtype, on: gradient.device)
      ranks.sum(rest)
      gradient.backend.combine(1, rest, 1, into: gradient)
    }
    return Touches(own: own, isAnyones: marks[..<isTouched.count].map { $0 > 0 })
  }

  private func isSummed(_ slot: Int) -> Bool { earlySums?.slots.contains(slot) ?? false }

  /// The parts of the arena where parameters lie, as long as they can be.
  func runs(of parameters: [Parameter]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for range in parameters.map(range).sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = runs.last, last.upperBound == range.lowerBound {
        runs[runs.count - 1] = last.lowerBound..<range.upperBound
      } else {
        runs.append(range)
      }
    }
    return runs
  }

  /// Where a parameter lies in the arena, up to the next one.
  func range(of parameter: Parameter) -> Range<Int> {
    let start = set.offsets[parameter.slot]
    return start..<start + (parameter.shape.count + 15) / 16 * 16
  }
}
