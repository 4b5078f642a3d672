import SubCore
import SubTrain
import TestSupport
import Testing

@testable import SubTool

/// The studies as data: what they run, and what the paper prints.
@Suite struct StudyTests {
  private static let home = Repository.path

  /// A training's words with paths that say nothing.
  private func words(_ training: StudyTraining, isEmbedded: Bool = false) -> [String] {
    training.words(isEmbedded: isEmbedded) { name in
      name == "home" ? Self.home : "/\(name)" + (name == "run" ? "/\(training.after?.name ?? "")" : "")
    }
  }

  private func parsed(_ words: [String]) throws {
    let type = try CommandParser.command(named: words[0], among: Tool.commands)
    _ = try PlannedRun("run", seed: 1, in: "/nowhere", by: type, Array(words.dropFirst()) + ["--seed=1"])
  }

  @Test(arguments: StudyScale.allCases) func `every line can be run, and has one name`(_ scale: StudyScale) throws {
    var lines: [String: String] = [:]
    for training in Studies.all.flatMap({ $0.trainings(at: scale) }) {
      try parsed(words(training))
      if training.embedded != nil { try parsed(words(training, isEmbedded: true)) }
      let line = words(training).joined(separator: " ")
      #expect(lines[training.name] ?? line == line, "two trainings are called \(training.name)")
      lines[training.name] = line
      #expect(training.name.allSatisfy { $0.isLetter || $0.isNumber || "-.".contains($0) })
      #expect(line.contains("=/run") == (training.after != nil))
    }
    #expect(Set(lines.values).count == lines.count, "two trainings are the same")
    #expect(lines.count > (scale == .paper ? 150 : 30))
  }

  @Test func `every row is run, or says why not`() {
    for study in Studies.all {
      #expect(study.rows.allSatisfy { ($0.paper == nil) == ($0.lacks != nil) }, "\(study.name)")
      #expect((study.lacksSmall == nil) == study.rows.contains { $0.small != nil }, "\(study.name)")
      // Reports show a section where any of it is run: its first row judges the others.
      for scale in StudyScale.allCases {
        for section in Set(study.rows.map(\.section)) {
          let rows = study.rows.filter { $0.section == section }
          if scale == .small, rows.contains(where: { $0.small != nil }) {
            #expect(rows[0].small != nil, "\(study.name), \(section)")
          }
          #expect(Set(rows.map(\.label)).count == rows.count, "\(study.name), \(section)")
        }
      }
    }
  }

  @Test(
    arguments: [
      ("figure-2", 0, "MaskSub 50%", 0.7936), ("table-1", 6, "MaskSub", 0.842), ("table-1", 14, "MaskSub", 0.857),
      ("table-2", 0, "CoSub, 800 epochs", 0.815), ("table-3", 12, "MaskSub", 0.878),
      ("table-4", 0, "BEiT v2, MaskSub", 0.856),
      ("table-5", 4, "MaskSub", 0.828), ("table-5", 10, "baseline", 0.835), ("table-6", 6, "RSB, PS-KD", 0.817),
      ("table-7", 9, "MaskSub before and then", 0.9217), ("table-8", 2, "baseline, longer", 0.816),
      ("table-8", 10, "MaskSub", 0.861), ("table-9", 0, "GradAug", 0.832), ("table-11", 9, "masking", nil),
      ("table-11", 9, "MaskSub", 0.583), ("table-11", 31, "MaskSub", 0.693), ("table-12", 0, "masking", 0.298),
      ("table-13", 4, "DropSub", 0.8383), ("table-a4", 6, "MaskSub", 0.857), ("table-a5", 0, "drop-path 0.3", 0.7157),
      ("table-a5", 0, "DropSub 0.3", 0.7909), ("table-a6", 3, "without distillation", 0.836),
      ("table-a7", 0, "60%", 0.793), ("table-a8", 0, "1/3, 2/3", 0.792), ("table-a10", 15, "MaskSub before", 0.9082),
    ] as [(String, Int, String, Double?)])
  func `numbers are the paper's`(_ study: String, _ first: Int, _ label: String, _ value: Double?) throws {
    let row = try #require(try Studies.named(study).rows.dropFirst(first).first { $0.label == label })
    #expect(row.number.map { Int(($0.value * 1e6).rounded()) } == value.map { Int(($0 * 1e6).rounded()) })
  }

  @Test func `what else the paper prints stands beside it`() throws {
    let costs = try Studies.named("a7").rows.map(\.cost)
    #expect(costs == [2, 1.75, 1.6, 1.5, 1.4, 1.25])
    #expect(try abs((Studies.named("9").rows[1].cost ?? 0) - 2.127) < 1e-3)
    let robust = try #require(try Studies.named("a4").rows.last)
    #expect(robust.others.map(\.text) == ["76.5", "89.6", "58.3", "59.9", "41.7", "62.4", "50.1", "48.4"])
    let masked = try #require(try Studies.named("a.11").rows.first { $0.label == "masking 0.75" })
    #expect(masked.others.map(\.text) == ["8.08", "9.27"])
    #expect(masked.number?.text == "0.6727 \u{b1} 0.0025" && PaperNumber("81.1").text == "0.811")
    #expect(PaperNumber("81.1").text(above: "80.4") == "+0.007")
  }

  @Test func `names are found as people write them`() throws {
    for name in ["table-a7", "A.7", "a7", "Table A.7", "tab. a7", "TA7"] {
      #expect(try Studies.named(name).name == "table-a7", "\(name)")
    }
    for name in ["T9", "9", "table 9", "Table-9"] { #expect(try Studies.named(name).name == "table-9", "\(name)") }
    for name in ["figure-2", "fig 2", "F2", "Fig. 2"] { #expect(try Studies.named(name).name == "figure-2", "\(name)") }
    for (alias, name) in [("a1", "table-8"), ("A.9", "table-7"), ("a11", "table-a5"), ("A12", "table-13")] {
      #expect(try Studies.named(alias).name == name)
    }
    func error(_ name: String) -> String {
      do { return try Studies.named(name).name } catch { return "\(error)" }
    }
    #expect(error("tabel-12").contains("did you mean 'table-12'?"))
    #expect(error("xyz").contains("there is no study 'xyz' (masksub reproduce): masksub reproduce alone"))
    #expect(error("table 10").contains("UperNet") && error("a3").contains("Mask R-CNN"))
    let names = Studies.all.flatMap { [$0.name] + $0.aliases } + Studies.absent.map(\.name)
    let tables = (1...13).map { "table-\($0)" } + (1...12).map { "table-a\($0)" }
    #expect(Set(names) == Set(tables + ["figure-2"]) && names.count == 26)
  }

  @Test func `small trainings are shared by the studies that have them`() throws {
    let of = { (name: String) in
      Set(Studies.all.filter { $0.trainings(at: .small).contains { $0.name == name } }.map(\.name))
    }
    #expect(of("vit-baseline") == ["figure-2", "table-9", "table-13", "table-a5", "table-a6", "table-a8"])
    #expect(
      of("vit-masksub")
        == ["figure-2", "table-8", "table-9", "table-13", "table-a5", "table-a6", "table-a7", "table-a8"])
    #expect(of("vit-masksub-ratio-0.25") == ["table-a5", "table-a7"] && of("vit-dropsub") == ["table-13", "table-a5"])
    let masksub = try #require(try Studies.named("t9").trainings(at: .small).last)
    #expect(
      words(masksub).joined(separator: " ")
        == "train --recipe=shapes-tiny --data=/cifar10 --shots=1000 --patch=8 --drop-path=0.1 --epochs=10 "
        + "--evaluate-every=390 --analyze --method=masksub")
    let clip = try #require(try Studies.named("t12").trainings(at: .small).last)
    #expect(words(clip)[1...2] == ["--data=/captions/train-{0000..0009}.tar", "--val=/captions/test"])
    // What is finetuned stands behind what it starts from.
    let paper = try Studies.named("t13").trainings(at: .paper, only: ["deit3-b-400-pathsub-224"])
    #expect(paper.map(\.name) == ["deit3-b-400-pathsub", "deit3-b-400-pathsub-224"])
  }
}
