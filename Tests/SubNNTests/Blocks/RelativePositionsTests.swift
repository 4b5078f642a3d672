import SubNN
import Testing

@Suite struct RelativePositionsTests {
  @Test func `pairs with a class token are numbered as BEiT's`() {
    let positions = RelativePositions(grid: 14, hasClassToken: true)
    let index = positions.index
    func at(_ query: Int, _ key: Int) -> Int { index[query * 197 + key] }
    #expect(positions.count == 732 && positions.tokens == 197)
    #expect(at(0, 0) == 731 && at(0, 5) == 729 && at(5, 0) == 730)
    #expect(at(1, 1) == 364 && at(1, 2) == 363 && at(2, 1) == 365 && at(1, 15) == 337)
    #expect(at(1, 196) == 0 && at(196, 1) == 728)
  }

  @Test func `pairs of a window are numbered as Swin's`() {
    let positions = RelativePositions(grid: 7)
    let index = positions.index
    func at(_ query: Int, _ key: Int) -> Int { index[query * 49 + key] }
    #expect(positions.count == 169 && index.count == 49 * 49)
    #expect(at(0, 0) == 84 && at(0, 1) == 83 && at(1, 0) == 85 && at(0, 48) == 0 && at(48, 0) == 168)
  }
}
