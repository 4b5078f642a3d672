import Testing

@testable import SubTool

/// Figures of scipy 1.17: `2 * stats.t.sf(t, freedom)` and `stats.ttest_rel`.
@Suite struct StatisticsTests {
  @Test(arguments: [
    (0.0, 3, 1.0), (1, 1, 0.5), (2, 2, 0.1835034190722738), (12.706204736432095, 1, 0.05),
    (-3.182446305284263, 3, 0.05), (4.5, 9, 0.0014889494154117324), (0.1, 30, 0.9210096117902712),
    (40, 4, 2.3340163226012678e-06),
  ]) func `Student's t`(_ t: Double, _ freedom: Int, _ p: Double) {
    #expect(abs(Student.twoSided(t, freedom: freedom) - p) < 1e-9 * p + 1e-12)
  }

  @Test func `means, deviations and paired tests`() throws {
    let spread = try #require(Spread([1, 2, 4]))
    #expect(abs(spread.mean - 7 / 3) < 1e-12 && abs((spread.deviation ?? 0) - 1.5275252316519468) < 1e-12)
    #expect(Spread([]) == nil && Spread([3])?.deviation == nil)
    // scipy.stats.ttest_rel([0.55, 0.56, 0.58], [0.53, 0.55, 0.55])
    let test = try #require(PairedTest([0.02, 0.01, 0.03]))
    #expect(abs((test.p ?? 0) - 0.07417990022744853) < 1e-9 && test.differences.count == 3)
    #expect(PairedTest([0.02])?.p == nil && PairedTest([0.5, 0.5])?.p == nil && PairedTest([]) == nil)
  }
}
