import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// `convert`: nothing is left out without a word, and nothing beside the weights is lost.
@Suite struct ConvertTests {
  private let folder = TemporaryFolder()

  @Test func `an ending that is no format is refused`() throws {
    try Safetensors.write([("a", HostArray([1, 2] as [Float], shape: [2]))], to: folder["x.safetensors"])
    for name in ["y.foo", "y.safetensor", "y.pth"] {
      let run = ToolRun("convert", folder["x.safetensors"], folder[name])
      #expect(run.code == 2 && run.error.contains("files are not written"), "\(name): \(run.error)")
      #expect(FileSystem.kind(folder[name]) == .absent)
    }
    #expect(ToolRun("convert", folder["x.safetensors"], folder["model-v1.5"]).code == 0)
    #expect(FileSystem.kind(folder["model-v1.5"]) == .folder)
  }

  @Test func `configurations beside the weights go into the metadata, and out of them`() throws {
    try FileSystem.makeFolder(folder["model"])
    try Safetensors.write(
      [("a", HostArray([1] as [Float], shape: [1]))], metadata: [("format", "pt"), ("note", "mine")],
      to: folder["model/model.safetensors"])
    try AtomicFile.write(#"{"num_attention_heads": 5}"#, to: folder["model/config.json"])
    #expect(ToolRun("convert", folder["model"], folder["one.safetensors"]).code == 0)
    #expect(ToolRun("convert", folder["one.safetensors"], folder["two.safetensors"]).code == 0)
    let metadata = try Safetensors.open(folder["two.safetensors"]).metadata
    #expect(metadata.map(\.key) == ["format", "note", "config.json"])
    #expect(try JSON.parse(metadata[2].value, at: "config.json")["num_attention_heads"]?.int == 5)
  }
}
