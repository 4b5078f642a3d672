import Foundation
import SubCore
import SubData
import Testing

@Suite struct ShardedTensorsTests {
  @Test func `shards open by folder and by index`() throws {
    for path in ["sharded", "sharded/model.safetensors.index.json"] {
      let file = try TensorFile.open(Fixture.path(path))
      #expect(file.names == ["a", "b"])
      #expect(try file.array(named: "a").floats() == [0, 1, 2, 3, 4, 5])
      #expect(try file.array(named: "b").dtype == .f16)
    }
  }

  @Test(arguments: [
    "../secret.safetensors", "/etc/passwd", "..", "", "none.safetensors", "model-00001-of-00002.safetensors",
  ])
  func `an index that lies is refused`(shard: String) throws {
    try Fixture.inFolder { folder in
      try FileManager.default.copyItem(
        atPath: Fixture.path("sharded/model-00001-of-00002.safetensors"),
        toPath: "\(folder)/model-00001-of-00002.safetensors")
      let index: JSON = ["weight_map": ["b": .string(shard)]]
      try AtomicFile.write(index.text(), to: "\(folder)/model.safetensors.index.json")
      #expect(inputError { _ = try TensorFile.open(folder) } != nil)
    }
  }

  @Test func `shards of a PyTorch checkpoint`() throws {
    try Fixture.inFolder { folder in
      for name in ["state_zip_p2.pth", "state_legacy_p2.pth"] {
        try FileManager.default.copyItem(atPath: Fixture.path(name), toPath: "\(folder)/\(name)")
      }
      let index: JSON = ["weight_map": ["f32": "state_zip_p2.pth", "f16": "state_legacy_p2.pth"]]
      try AtomicFile.write(index.text(), to: "\(folder)/pytorch_model.bin.index.json")
      let file = try TensorFile.open(folder)
      #expect(file.names == ["f32", "f16"])
      #expect(try file.array(named: "f32").floats() == [0, 1, 2, 3, 4, 5])
      #expect(try file.array(named: "f16").dtype == .f16)
    }
  }
}
