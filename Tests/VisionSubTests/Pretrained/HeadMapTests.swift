import SubCore
import SubData
import SubTrain
import TestSupport
import Testing

@testable import VisionSub

/// Heads whose rows become the classes of a run.
@Suite struct HeadMapTests {
  private let folder = TemporaryFolder()

  private func map(_ text: String) throws -> HeadMap {
    let path = folder["map.txt"]
    try AtomicFile.write(text, to: path)
    return try HeadMap(path)
  }

  private func start(
    _ name: String, _ recipe: String, classes: Int, _ map: HeadMap?
  ) throws -> (model: VisionRunModel, source: any NamedTensors) {
    let path = "\(TraceTests.fixtures)/\(name)/model.safetensors"
    let recipe = try VisionRecipe.named(recipe).with([("image_size", "64"), ("eval_resize", "64")])
    let names = (0..<classes).map { "class \($0)" }
    return (
      try VisionRunModel(recipe, from: VisionFolder(path), headMap: map, classNames: names), try TensorFile.open(path)
    )
  }

  @Test(arguments: [
    ("swin", "swin-b-22kto1k", "head.fc"), ("resnet", "rsb-a2-resnet50", "fc"), ("mae-avg", "mae-b", "head"),
  ])
  func `classes take the named rows`(_ name: String, _ recipe: String, _ head: String) throws {
    let rows = [4, 0, 2, 2]
    let (model, source) = try start(name, recipe, classes: 4, map(rows.map { "\($0)\n" }.joined()))
    for part in ["weight", "bias"] {
      let old = try source.array(named: "\(head).\(part)").floats()
      let width = old.count / 5
      let new = try #require(model.parameters.parameters.first { $0.name == "\(head).\(part)" }).value.floats()
      #expect(new == rows.flatMap { old[($0 * width)..<(($0 + 1) * width)] })
    }
    #expect(model.details.contains { $0.hasPrefix("resized") && $0.contains("\(head).bias [5] → [4], by rows") })
  }

  @Test func `a head that starts anew is said, with the option that keeps rows of it`() throws {
    let details = try start("swin", "swin-b-22kto1k", classes: 4, nil).model.details
    #expect(
      details.contains { $0.contains("the head of 5 classes is left out, a new one of 4 begins (--head-map") },
      "\(details)")
    let same = try start("swin", "swin-b-22kto1k", classes: 5, nil).model.details
    #expect(!same.contains { $0.contains("--head-map") })
  }

  @Test(arguments: [
    ("0\n1\nn02119789\n3\n", "'n02119789' is no row of a head", "line 3"),
    ("0\n-1\n", "'-1' is no row", "line 2"), ("0 1\n", "'0 1' is no row", "line 1"),
    ("0\n1\n2\n", "3 rows are named for 4 classes", "map.txt"),
    ("0\n\n1\n5\n2\n", "row 5 of a head of 5", "line 4"),
    ("99999999999999999999\n", "is no row", "line 1"),
  ])
  func `a map that does not fit is refused`(_ text: String, _ what: String, _ place: String) throws {
    let error = #expect(throws: InputError.self) { try start("swin", "swin-b-22kto1k", classes: 4, map(text)) }
    #expect(error?.what.contains(what) == true && error?.place.hasSuffix(place) == true, "\(error as Any)")
  }

  @Test func `weights without a head have no rows`() throws {
    let source = try TensorFile.open("\(TraceTests.fixtures)/swin/model.safetensors").arrays()
    let path = folder["bare.safetensors"]
    try Safetensors.write(source.filter { !$0.name.hasPrefix("head") }, to: path)
    let rows = try map("0\n1\n")
    let recipe = try VisionRecipe.named("swin-b-22kto1k").with([("image_size", "64"), ("eval_resize", "64")])
    #expect(throws: InputError.self) {
      try VisionRunModel(recipe, from: VisionFolder(path), headMap: rows, classNames: ["a", "b"])
    }
  }
}
