import SubCore
import SubData
import TestSupport
import Testing

@testable import SubTool

/// `convert` for other programs. scripts/reference/loaded_back.py loads what it writes in all of them.
@Suite(.serialized) struct ExportTests {
  private let folder = TemporaryFolder()
  private var pictures: String { Repository.file("datasets/shapes/val/checker") }

  private func tool(_ arguments: String...) -> ToolRun {
    ToolRun(arguments: arguments, environment: ["MASKSUB_HOME": Repository.path])
  }

  private func train(_ more: String...) {
    let run = ToolRun(
      arguments: more + ["--output", folder["run"], "--set", "max_steps=2", "--set", "batch_size=8"],
      environment: ["MASKSUB_HOME": Repository.path])
    #expect(run.code == 0, "\(run.error)")
  }

  private func said(_ model: String, _ inputs: String...) -> String {
    let run = ToolRun(
      arguments: ["predict", "--from", folder[model], "--format", "jsonl"] + inputs,
      environment: ["MASKSUB_HOME": Repository.path])
    #expect(run.code == 0, "\(run.error)")
    return run.output
  }

  @Test(arguments: [
    ["train"], ["train", "--recipe", "swin-shapes", "--set", "model.name=swin_shapes_patch4_window4_32"],
    ["train", "--recipe", "resnet-shapes"],
  ]) func `a vision run becomes timm's folder, which says the same`(_ command: [String]) throws {
    let run = ToolRun(
      arguments: command + [
        "--output", folder["run"], "--set", "max_steps=2", "--set", "batch_size=8", "--set", "eval_batch_size=160",
      ], environment: ["MASKSUB_HOME": Repository.path])
    #expect(run.code == 0, "\(run.error)")
    let done = tool("convert", folder["run"], folder["timm"], "--for", "timm")
    #expect(done.code == 0, "\(done.error)")
    #expect(try FileSystem.names(in: folder["timm"]) == ["config.json", "model.safetensors"])
    let config = try JSON.read(folder["timm/config.json"])
    #expect(config["num_classes"]?.int == 8 && config["label_names"]?.array?.first?.string == "checker")
    #expect(config["pretrained_cfg"]?["crop_pct"]?.double == 1 && config["model_args"]?.object != nil)
    #expect(try !Safetensors.open(folder["timm/model.safetensors"]).names.contains("mask_token"))
    #expect(said("timm", pictures) == said("run", pictures))
    let graph = tool("convert", folder["run"], folder["m.onnx"])
    #expect(graph.code == 0, "\(graph.error)")
    let file = try OnnxFile(folder["m.onnx"])
    #expect(file.faults == [] && file.inputs[0].axes == ["batch", "3", "32", "32"])
    #expect(file.model.messages(14).map { $0.texts(1)[0] } == ["label_names", "pretrained_cfg"])
  }

  @Test func `a ViT becomes transformers' folder; what has no such form is refused`() throws {
    train("train", "--set", "eval_batch_size=160")
    let done = tool("convert", folder["run"], folder["hf"], "--for", "transformers")
    #expect(done.code == 0, "\(done.error)")
    let config = try JSON.read(folder["hf/config.json"])
    #expect(config["model_type"]?.string == "vit" && config["id2label"]?["0"]?.string == "checker")
    #expect(try JSON.read(folder["hf/preprocessor_config.json"])["image_mean"]?.array?.count == 3)
    #expect(try Safetensors.open(folder["hf/model.safetensors"]).names.contains("vit.embeddings.cls_token"))
    #expect(said("hf", pictures) == said("run", pictures))
    // It is there already; options that mean nothing here.
    #expect(tool("convert", folder["run"], folder["hf"], "--for", "transformers").code == 1)
    #expect(tool("convert", folder["run"], folder["x"], "--for", "open_clip").code == 2)
    #expect(tool("convert", folder["run"], folder["x"], "--for", "timm", "--names", "timm").code == 2)
    #expect(tool("convert", folder["run"], folder["x.onnx"], "--for", "timm").code == 2)
    #expect(tool("convert", folder["run"], folder["x"], "--for", "timm", "--tower", "text").code == 2)
    #expect(tool("convert", folder["run"], folder["x"], "--for", "onnx").code == 2)
    #expect(FileSystem.kind(folder["x"]) == .absent)
  }

  @Test func `a BERT becomes transformers' folder and a graph of any length`() throws {
    train("glue", "--task", "cola")
    #expect(tool("convert", folder["run"], folder["hf"], "--for", "transformers").code == 0)
    let config = try JSON.read(folder["hf/config.json"])
    #expect(config["id2label"]?["1"]?.string == "acceptable")
    #expect(said("hf", "The cat sat.") == said("run", "The cat sat."))
    #expect(tool("convert", folder["run"], folder["m.onnx"]).code == 0)
    let file = try OnnxFile(folder["m.onnx"])
    #expect(file.faults == [] && file.inputs.map(\.name) == ["input_ids", "attention_mask", "token_type_ids"])
    #expect(file.inputs[0].axes == ["batch", "sequence"] && file.outputs.map(\.name) == ["logits"])
    #expect(tool("convert", folder["run"], folder["x"], "--for", "timm").code == 2)
  }

  @Test func `a CLIP becomes open_clip's and transformers' folders, and graphs of both towers or one`() throws {
    try CaptionShards.write(CaptionShards.tinyConfiguration.utf8, folder["tiny.json"])
    train("clip-pretrain", "--model", folder["tiny.json"])
    for form in ["open_clip", "transformers"] {
      let done = tool("convert", folder["run"], folder[form], "--for", form)
      #expect(done.code == 0, "\(done.error)")
      for (model, out) in [("run", "a.npy"), (form, "b.npy")] {
        let vocabulary = "\(folder[form])/merges.txt"
        let run = tool(
          "embed", "--from", folder[model], "--vocab", vocabulary, "--captions", "--output", folder[out], "a red disc")
        #expect(run.code == 0, "\(run.error)")
      }
      #expect(try Npy.read(folder["a.npy"]).floats() == Npy.read(folder["b.npy"]).floats(), "\(form)")
    }
    let names = try FileSystem.names(in: folder["transformers"])
    #expect(
      Set(["config.json", "preprocessor_config.json", "vocab.json", "tokenizer_config.json"]).isSubset(of: names))
    #expect(try FileSystem.names(in: folder["open_clip"]).contains("open_clip_model.safetensors"))
    for (tower, inputs) in [("image", ["pixel_values"]), ("text", ["input_ids"])] {
      #expect(tool("convert", folder["run"], folder["\(tower).onnx"], "--tower", tower).code == 0)
      let file = try OnnxFile(folder["\(tower).onnx"])
      #expect(file.faults == [] && file.inputs.map(\.name) == inputs && file.outputs.map(\.name) == ["\(tower)_embeds"])
    }
    #expect(tool("convert", folder["run"], folder["m.onnx"]).code == 0)
    let file = try OnnxFile(folder["m.onnx"])
    #expect(file.faults == [])
    #expect(file.outputs.map(\.name) == ["logits_per_image", "logits_per_text", "text_embeds", "image_embeds"])
  }
}
