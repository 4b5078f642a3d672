import SubCore
import Testing

@Suite struct RandomKeyTests {
  @Test func `a permutation holds every number once`() {
    let order = RandomKey(seed: 3).permutation(100)
    #expect(order.sorted() == Array(0..<100))
    #expect(order != Array(0..<100))
  }
}
