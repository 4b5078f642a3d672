import SubCore
import SubData
import TestSupport
import Testing

@testable import TextSub

/// What sentence-transformers notes beside weights.
@Suite struct SentenceVectorsTests {
  private let folder = TemporaryFolder()

  private func write(_ modules: [String], pooling: String) throws {
    try write(modules, #"{"pooling_mode_\#(pooling)": true}"#)
  }

  private func write(_ modules: [String], _ pooling: String) throws {
    let list = modules.map { #"{"type": "sentence_transformers.models.\#($0)", "path": "\#($0)"}"# }
    try AtomicFile.write("[\(list.joined(separator: ","))]", to: folder["modules.json"])
    try FileSystem.makeFolder(folder["Pooling"])
    try AtomicFile.write(pooling, to: folder["Pooling/config.json"])
  }

  @Test func `pooling, normalisation and the longest sentence are theirs`() throws {
    #expect(try SentenceVectors(beside: folder.path, replaced: nil) == nil)
    try write(["Transformer", "Pooling", "Normalize"], pooling: "cls_token")
    try AtomicFile.write(#"{"max_seq_length": 40}"#, to: folder["sentence_bert_config.json"])
    let told = try #require(try SentenceVectors(beside: folder.path, replaced: nil))
    #expect(told.pooling == .first && told.normalizes && told.maxLength == 40)
    #expect(try SentenceVectors(beside: folder.path, replaced: .mean)?.pooling == .mean)
  }

  @Test(
    arguments: [
      (#"{"embedding_dimension": 8, "pooling_mode": "mean"}"#, .mean), (#"{"pooling_mode": "cls"}"#, .first),
      (#"{"pooling_mode": ["cls"], "pooling_mode_mean_tokens": true}"#, .first),
      (#"{"embedding_dimension": 8}"#, .mean),
      (#"{"pooling_mode": "max"}"#, nil), (#"{"pooling_mode": ["cls", "mean"]}"#, nil),
      (#"{"pooling_mode_cls_token": true, "pooling_mode_max_tokens": true}"#, nil),
    ] as [(String, TextPooling?)])
  func `pooling has a name since sentence-transformers 6`(settings: String, pooling: TextPooling?) throws {
    try write(["Transformer", "Pooling"], settings)
    guard let pooling else {
      let error = #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
      #expect(error?.what.contains("max") == true || error?.what.contains("cls and mean") == true)
      return
    }
    #expect(try SentenceVectors(beside: folder.path, replaced: nil)?.pooling == pooling)
  }

  @Test func `small letters and the prompt that is used unasked are theirs`() throws {
    try write(["Transformer", "Pooling"], pooling: "mean_tokens")
    try AtomicFile.write(#"{"do_lower_case": true}"#, to: folder["sentence_bert_config.json"])
    let prompts = #"{"prompts": {"query": "query: ", "document": ""}, "default_prompt_name": "query"}"#
    try AtomicFile.write(prompts, to: folder["config_sentence_transformers.json"])
    let told = try #require(try SentenceVectors(beside: folder.path, replaced: nil))
    #expect(told.lowercases && told.prompt == "query: " && told.maxLength == nil)
    #expect(told.text.contains("in small letters, behind the prompt “query: ”"))
    #expect(try SentenceVectors(beside: folder.path, replaced: .first)?.prompt == "query: ")
    try write(["Transformer", "Pooling"], #"{"pooling_mode": "mean", "include_prompt": false}"#)
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
    for other in [#"{"prompts": {"query": "query: "}, "default_prompt_name": null}"#, "{}"] {
      try AtomicFile.write(other, to: folder["config_sentence_transformers.json"])
      #expect(try SentenceVectors(beside: folder.path, replaced: nil)?.prompt == "")
    }
    try AtomicFile.write(#"{"default_prompt_name": "x"}"#, to: folder["config_sentence_transformers.json"])
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
    try AtomicFile.write(#"{"max_seq_length": "128"}"#, to: folder["sentence_bert_config.json"])
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
  }

  @Test func `what cannot be done is named`() throws {
    try write(["Transformer", "Pooling"], pooling: "max_tokens")
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: nil) }
    #expect(try SentenceVectors(beside: folder.path, replaced: .first)?.normalizes == false)
    try write(["Transformer", "Pooling", "Dense"], pooling: "mean_tokens")
    #expect(throws: InputError.self) { try SentenceVectors(beside: folder.path, replaced: .mean) }
  }
}
