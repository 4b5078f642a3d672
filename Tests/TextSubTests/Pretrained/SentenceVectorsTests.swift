import SubCore
import SubData
import TestSupport
import Testing

@testable import TextSub

/// What sentence-transformers notes beside weights.
@Suite struct SentenceVectorsTests {
  private let folder = TemporaryFolder()

  private func write(_ modules: [String], pooling: String) throws {
    let list = modules.map { #"{"type": "sentence_transformers.models.\#($0)", "path": "\#($0)"}"# }
    try AtomicFile.write("[\(list.joined(separator: ","))]", to: folder["modules.json"])
    try FileSystem.makeFolder(folder["Pooling"])
    try AtomicFile.write(#"{"pooling_mode_\#(pooling)": true}"#, to: folder["Pooling/config.json"])
  }

  @Test func `pooling, normalisation and the longest sentence are theirs`() throws {
    #expect(try SentenceVectors(beside: folder.path, replaced: nil) == nil)
    try write(["Transformer", "Pooling", "Normalize"], pooling: "cls_token")
    try AtomicFile.write(#"{"max_seq_length": 40}"#, to: folder["sentence_bert_config.json"])
    let told = try #require(try SentenceVectors(beside: folder.path, replaced: nil))
    #expect(told.pooling == .first && told.normalizes && told.maxLength == 40)
    #expect(try SentenceVectors(beside: folder.path, replaced: .mean)?.pooling == .mean)
  }

  @Test func `what cannot be done is named`() throws {
    try write(["Transformer", "Pooling"], pooling: "max_tokens")
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
    #expect(try SentenceVectors(beside: folder.path, replaced: .first)?.normalizes == false)
    try write(["Transformer", "Pooling", "Dense"], pooling: "mean_tokens")
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: .mean) }
  }
}
