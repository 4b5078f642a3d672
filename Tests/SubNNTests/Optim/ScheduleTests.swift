import Foundation
import SubCore
import SubData
import SubNN
import Testing

/// Rates, decay and layer factors of the vision recipes. The fixtures are made by scripts/reference/optim_reference.py.
@Suite struct ScheduleTests {
  /// The schedules of the fixture.
  static let schedules: [String: Schedule] = [
    "deit3-400": .init(.epochLate, peak: 4e-3, floor: 1e-5, warmupRate: 1e-6, warmup: 5, total: 400),
    "deit3-b-400": .init(.epochLate, peak: 3e-3, floor: 1e-5, warmupRate: 1e-6, warmup: 5, total: 400),
    "deit3-b-finetune": .init(.epochLate, peak: 1e-5, floor: 1e-5, warmupRate: 1e-6, warmup: 5, total: 20),
    "mae-b": .init(
      .fraction, peak: 2e-3, floor: 1e-6, warmup: 5 * 1251, total: 100 * 1251, stepsPerEpoch: 1251),
    "mae-l": .init(.fraction, peak: 4e-3, floor: 1e-6, warmup: 5 * 1251, total: 50 * 1251, stepsPerEpoch: 1251),
    "beitv2-b": .init(
      .table, peak: 5e-4, floor: 1e-6, warmup: 20 * 1251, total: 100 * 1251, stepsPerEpoch: 1251),
    "ft-clip-b": .init(.table, peak: 6e-4, floor: 1e-6, warmup: 10 * 625, total: 50 * 625, stepsPerEpoch: 625),
    "swin": .init(
      .updateLate, peak: 1e-3, floor: 1e-5, warmupRate: 1e-6, warmup: 20 * 1251, total: 300 * 1251,
      stepsPerEpoch: 1251),
    "rsb-a2": .init(.epoch, peak: 5e-3, floor: 1e-6, warmupRate: 1e-4, warmup: 5, total: 300),
  ]

  @Test(arguments: schedules.keys.sorted()) func `rates are the original's`(_ name: String) throws {
    let facts = try #require(JSON.read(OptimizerTests.folder + "/optim_schedules.json")[name])
    let schedule = try #require(Self.schedules[name])
    let points = try #require(facts["points"]?.array)
    #expect(points.count >= 5)
    for point in points {
      let (at, wanted) = (try #require(point.array?[0].double), try #require(point.array?[1].double))
      let rate = facts["unit"]?.string == "step" ? schedule.rate(at: Int(at)) : schedule.rate(atEpoch: at)
      #expect(abs(rate - wanted) <= 1e-12 + 1e-9 * wanted, "at \(at): \(rate), \(wanted)")
    }
  }

  @Test func `epochs run at one rate whatever their updates`() {
    var schedule = Self.schedules["deit3-b-400"]!
    (schedule.stepsPerEpoch, schedule.warmup, schedule.total) = (625, 5 * 625, 400 * 625)
    #expect(schedule.rate(at: 0) == 1e-6 && schedule.rate(at: 2 * 625 - 1) == 1e-6)
    #expect(abs(schedule.rate(at: 2 * 625) - 6.008e-4) < 1e-9)
    #expect(schedule.rate(at: 3 * 625 - 1) == schedule.rate(at: 2 * 625))
  }

  @Test func `transformers' schedules`() {
    let linear = Schedule(.linear, peak: 2, warmup: 4, total: 12)
    #expect([0, 1, 3, 4, 8, 11, 12].map(linear.rate(at:)) == [0, 0.5, 1.5, 2, 1, 0.25, 0])
    #expect(Schedule(.linear, peak: 2, total: 4).rate(at: 0) == 2)
    let cosine = Schedule(.cosine, peak: 2, warmup: 4, total: 12)
    #expect(cosine.rate(at: 2) == 1 && abs(cosine.rate(at: 8) - 1) < 1e-15 && cosine.rate(at: 20) == 0)
    let constant = Schedule(.constant, peak: 2, warmup: 4, total: 12)
    #expect(constant.rate(at: 1) == 0.5 && constant.rate(at: 11) == 2)
  }

  @Test(arguments: ["deit3", "mae", "beitv2", "ft-clip", "swin", "rsb"])
  func `decay and layer factors are the original's`(_ recipe: String) throws {
    let rules: [String: (DecayRule, Double)] = [
      "deit3": (.positions, 1), "mae": (.positions, 0.65), "beitv2": (.beit, 0.6), "ft-clip": (.clip, 0.6),
      "swin": (.swin, 1), "rsb": (.vectors, 1),
    ]
    let (rule, factor) = try #require(rules[recipe])
    let facts = try #require(JSON.read(OptimizerTests.folder + "/optim_groups.json")[recipe]?.object)
    #expect(facts.members.count > 10)
    let layers = LayerDecay(factor, over: .transformer(depth: 2))
    for member in facts.members {
      let (name, value) = (member.key, member.value)
      let isVector =
        name.hasSuffix("bias") || name.contains("norm") || name.contains("gamma") || name.contains("bn")
        || name.contains("downsample.1")
      let rank = name.contains("token") || name == "pos_embed" ? 3 : isVector ? 1 : 2
      #expect(rule.decays(name, rank: rank) == value.array?[0].bool, "\(name)")
      #expect(abs(layers.scale(of: name) - (value.array?[1].double ?? 0)) < 1e-12, "\(name)")
    }
  }

  @Test func `the first factors of the recipes`() {
    for (factor, depth, embeddings, first) in [
      (0.65, 12, 0.00369721, 0.00568801), (0.75, 24, 7.52543e-4, 1.00339e-3), (0.75, 32, 7.53393e-5, 1.00452e-4),
      (0.6, 12, 0.00130607, 0.00217678), (0.8, 24, 0.00377789, 0.00472237), (0.65, 24, 2.10297e-5, 3.23534e-5),
    ] {
      let layers = LayerDecay(factor, over: .transformer(depth: depth))
      #expect(abs(layers.scale(of: "cls_token") / embeddings - 1) < 1e-5)
      #expect(abs(layers.scale(of: "blocks.0.norm1.weight") / first - 1) < 1e-5)
      #expect(
        layers.scale(of: "head.weight") == 1 && layers.scale(of: "rel_pos_bias.relative_position_bias_table") == 1)
    }
  }
}
