import Foundation
import SubCore
import SubData
import Testing

@testable import SubTrain

/// Position embeddings and relative biases on other grids, against torch and SciPy; the fixture is made by
/// scripts/reference/vision_resize.py.
@Suite struct FittingTests {
  static let file = Bundle.module.resourcePath! + "/Fixtures/resize.json"

  private func cases(_ name: String) throws -> [JSON] { try #require(JSON.read(Self.file)[name]?.array) }

  private func numbers(_ value: JSON, _ key: String) throws -> [Double] {
    try #require(value[key]?.array).map { try #require($0.double) }
  }

  @Test func `positions are resized as torch does`() throws {
    for value in try cases("positions") {
      let (from, to) = (try #require(value["from"]?.int), try #require(value["to"]?.int))
      let width = try #require(value["width"]?.int)
      let resized = Resampling.bicubic.grid(try numbers(value, "rows"), from: from, to: to, width: width)
      let wanted = try numbers(value, "resized")
      #expect(resized.count == wanted.count)
      #expect(zip(resized, wanted).allSatisfy { abs($0 - $1) < 1e-12 }, "\(from) → \(to)")
    }
  }

  @Test func `torch's numbers of a ramp of squares`() {
    let row = Resampling.bicubic.grid((0..<4).flatMap { _ in [0.0, 1, 4, 9] }, from: 4, to: 6, width: 1).prefix(6)
    let wanted = [-0.086806, 0.21875, 1.430555, 3.152778, 6.781251, 9.43403]
    #expect(zip(row, wanted).allSatisfy { abs($0 - $1) < 5e-6 })
  }

  @Test func `relative biases are resized as BEiT does`() throws {
    for value in try cases("biases") {
      let (from, to) = (try #require(value["from"]?.int), try #require(value["to"]?.int))
      let heads = try #require(value["heads"]?.int)
      let ratio = RelativeBiasFitting.ratio(from: 2 * from - 1, to: 2 * to - 1)
      #expect(abs(ratio - (value["q"]?.double ?? 0)) < 1e-12)
      let resized = RelativeBiasFitting.resize(try numbers(value, "table"), from: from, to: to, heads: heads)
      let wanted = try numbers(value, "resized")
      #expect(resized.count == wanted.count)
      let worst = zip(resized, wanted).map { abs($0 - $1) }.max() ?? 1
      #expect(worst < 1e-9, "\(from) → \(to): \(worst)")
    }
  }

  @Test(arguments: [(47, 1.090307), (31, 1.023493), (63, 1.134918)])
  func `the progression's ratio`(_ span: Int, _ ratio: Double) {
    #expect(abs(RelativeBiasFitting.ratio(from: 27, to: span) - ratio) < 1e-6)
  }
}
