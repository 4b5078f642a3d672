import SubCore
import SubNN
import Testing

/// Which patches are hidden.
struct MaskingTests {
  private let key = RandomKey(seed: 3).fold(17).fold("mask")

  @Test(arguments: Masking.Selection.allCases)
  func `exactly int(L(1 − r)) patches stay`(selection: Masking.Selection) {
    for grid in [2, 3, 4, 7, 8, 11, 12, 14, 16] {
      for ratio in [0.001, 0.1, 0.15, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9] {
        let count = grid * grid
        let wanted = Int(Double(count) * (1 - ratio))
        let rows = Masking(ratio: ratio, selection: selection).kept(rows: 3, count: count, key.fold(grid))
        for row in rows {
          #expect(row.count == wanted && row == Set(row).sorted() && row.allSatisfy { (0..<count).contains($0) })
        }
      }
    }
    let counts = [49: 24, 121: 60, 144: 72, 196: 98, 256: 128]
    for (count, kept) in counts { #expect(Masking(ratio: 0.5).keptCount(of: count) == kept) }
  }

  /// How many of the four neighbours of a hidden patch are hidden too, on average; the edge counts as not hidden.
  private func hiddenNeighbours(_ kept: [Int], grid: Int) -> Double {
    let stays = Set(kept)
    func isHidden(_ row: Int, _ column: Int) -> Bool {
      (0..<grid).contains(row) && (0..<grid).contains(column) && !stays.contains(row * grid + column)
    }
    let hidden = (0..<grid * grid).filter { !stays.contains($0) }
    let sum = hidden.map { place in
      let (row, column) = (place / grid, place % grid)
      return [(row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)].count { isHidden($0.0, $0.1) }
    }.reduce(0, +)
    return Double(sum) / Double(hidden.count)
  }

  @Test func `blocks hang together and single patches do not`() {
    func mean(_ selection: Masking.Selection) -> Double {
      let rows = Masking(ratio: 0.5, selection: selection).kept(rows: 200, count: 196, key)
      return rows.map { hiddenNeighbours($0, grid: 14) }.reduce(0, +) / 200
    }
    // Single patches: 4 · 13/14 neighbours, 97 of 195 of them hidden. Blocks: a simulation of the original's algorithm
    // in Python gives 3.437 ± 0.001 (12,000 masks).
    #expect(abs(mean(.uniform) - 4.0 * 13 / 14 * 97 / 195) < 0.05)
    #expect(abs(mean(.block) - 3.437) < 0.03)
  }

  @Test func `blocks lie where the original's lie`() {
    var hidden = Array(repeating: 0.0, count: 196)
    for row in Masking(ratio: 0.5, selection: .block).kept(rows: 2000, count: 196, key) {
      let stays = Set(row)
      for place in 0..<196 where !stays.contains(place) { hidden[place] += 1 / 2000 }
    }
    // The same simulation: how often corners, the middle of an edge and the middle are hidden.
    for corner in [0, 13, 182, 195] { #expect(abs(hidden[corner] - 0.065) < 0.02) }
    for edge in [7, 7 * 14, 188] { #expect(abs(hidden[edge] - 0.27) < 0.04) }
    #expect(abs(hidden[7 * 14 + 7] - 0.867) < 0.03)
    #expect(abs(hidden.reduce(0, +) - 98) < 1e-6)
  }

  @Test(arguments: Masking.Selection.allCases) func `a mask is a function of its key`(selection: Masking.Selection) {
    let masking = Masking(ratio: 0.5, selection: selection)
    let rows = masking.kept(rows: 4, count: 196, key)
    #expect(rows == masking.kept(rows: 4, count: 196, key))
    #expect(Set(rows).count == 4)
    for other in [RandomKey(seed: 4).fold(17).fold("mask"), RandomKey(seed: 3).fold(18).fold("mask"), key.fold(0)] {
      #expect(masking.kept(rows: 4, count: 196, other) != rows)
    }
  }

  @Test func `given noise decides alone`() {
    let noise = HostArray((0..<16).map { Float($0) }, shape: [1, 16])
    let masking = Masking(ratio: 0.5, selection: .block, noise: noise)
    #expect(masking.kept(rows: 1, count: 16, key) == [Array(0..<8)])
  }

  @Test func `lowest noise stays, of equals the first`() {
    let equals: [Float] = [0, -0.0, 1, -1, 0.5, -1, 0.5, .infinity, 0, -.infinity, 2, 0.5]
    let masking = Masking(ratio: 0.5, noise: HostArray(equals, shape: [1, 12]))
    #expect(masking.kept(rows: 1, count: 12, key) == [[0, 1, 3, 5, 8, 9]])
    #expect(Masking(ratio: 0.3, noise: masking.noise).kept(rows: 1, count: 12, key) == [[0, 1, 3, 4, 5, 6, 8, 9]])
    // Row 2 of a batch of 4, in whatever part it comes.
    let numbers = (0..<196).map { key.uniform(at: 2 * 196 + $0) }
    let order = (0..<196).sorted { (numbers[$0], $0) < (numbers[$1], $1) }
    let drawn = Masking(ratio: 0.5)
    #expect(drawn.kept(rows: 4, count: 196, key)[2] == order.prefix(98).sorted())
    #expect(drawn.kept(rows: 1, count: 196, first: 2, key)[0] == order.prefix(98).sorted())
  }

  @Test func `a ratio that leaves nothing is refused`() throws {
    try Masking.check(ratio: 0.75, patches: 4, at: "--ratio")
    for (ratio, patches) in [(0.76, 4), (0.999, 196), (0.5, 1)] {
      let error = #expect(throws: InputError.self) {
        try Masking.check(ratio: ratio, patches: patches, at: "--ratio")
      }
      #expect(error?.isUsage == true && error?.what.contains("hides all \(patches) patches") == true)
    }
  }
}
