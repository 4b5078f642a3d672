import ClipSub
import SubCore
import SubData
import SubTrain
import TextSub
import VisionSub

extension RecipePage {
  /// Where the settings of the loop come from, which no publication knows.
  private static let loop = [
    "max_steps": "this project; 0: all epochs", "save_every": "this project; 0: every epoch",
    "evaluate_every": "this project; 0: every epoch", "log_every": "this project",
    "eval_batch_size": "this project; has no influence on metrics",
  ]

  /// The pages of the vision recipes.
  static let vision: [RecipePage] = VisionRecipe.book.compactMap { entry in
    guard let page = try? entry.page() else { return nil }
    let parameters = page.parameters.map { parameter in
      parameter.source.isEmpty
        ? Parameter(parameter.key, parameter.value, source: loop[parameter.key] ?? page.source) : parameter
    }
    let maxSteps = Parameter(
      VisionSettings.maxStepsKey, "0", source: loop[VisionSettings.maxStepsKey] ?? page.source)
    return RecipePage(
      name: page.name, summary: page.summary, command: page.command, expected: page.expected, source: page.source,
      parameters: parameters + [maxSteps])
  }

  /// The pages of the GLUE recipes.
  static let glue: [RecipePage] = [
    page(
      GLUERecipe(.cola), summary: "fine-tunes a BERT on a GLUE task",
      command: "masksub glue --task cola --data glue/CoLA --from bert-base-cased",
      expected: "BERT-base, dev: CoLA 54.7 → 58.3 Matthews with MaskSub (Table 11)",
      source: "transformers' run_glue and its README; MaskSub Table 11",
      notes: [
        "epochs": "run_glue's README: 3; 5 for MRPC and WNLI", "clip_norm": "transformers' Trainer",
      ]),
    page(
      GLUERecipe.fromScratch, summary: "trains a small BERT on the embedded sentences, about a minute on two cores",
      command: "masksub glue --task cola", expected: "a Matthews correlation well above 0 on the held-out sentences",
      source: "this project", notes: [:]),
  ]

  /// The pages of the contrastive recipes.
  static let clip: [RecipePage] = [
    page(
      ClipRecipe(), summary: "contrastive pretraining of a CLIP with image-caption pairs",
      command: "masksub clip-pretrain --data 'cc3m/{00000..00331}.tar' --model ViT-B-32 --set batch_size=1024",
      expected:
        "ViT-B/32, 128M samples, ImageNet zero-shot top-1: 33.5 → 37.6 with MaskSub, 29.8 with masking (Table 12)",
      source: "open_clip 3.3.0's defaults for ViT names, as MaskSub section 4.6 says; batch 1024 in the paper",
      notes: [
        "adam": "open_clip, for names with vit", "lr": "open_clip", "epochs": "open_clip",
        "batch_size": "open_clip: 64 on each of its GPUs; the paper: 1024 in all",
        "pieces": "this project: pieces of a batch that memory holds at once; has no influence on results",
        "warmup": "open_clip, in updates",
        "weight_decay": "open_clip; not of vectors, norms, biases and the logit scale",
        "decays_positions": "open_clip up to 3.3.0; false: as its current source",
        "clip_norm": "open_clip: none (0)", "samples_per_epoch": "0: as many pairs as there are (--train-num-samples)",
        "resamples": "--dataset-resampled", "shuffle_buffer": "open_clip",
      ]),
    page(
      ClipRecipe.fromScratch, summary: "a small CLIP on the embedded captions, about two minutes on two cores",
      command: "masksub clip-pretrain",
      expected: "zero-shot accuracy and recall far above chance on the held-out pairs",
      source: "this project, otherwise open_clip's defaults", notes: [:]),
  ]

  private static func page(
    _ recipe: some Recipe, summary: String, command: String, expected: String, source: String, notes: [String: String]
  ) -> RecipePage {
    let fields = (try? recipe.json())?.object?.members ?? []
    return RecipePage(
      name: recipe.name, summary: summary, command: command, expected: expected, source: source,
      parameters: fields.filter { $0.key != "name" }.flatMap { field in
        let source = notes[field.key] ?? loop[field.key] ?? source
        // A group's fields are set one by one: adam.beta2.
        let inner = field.value.object?.members.map { ("\(field.key).\($0.key)", $0.value) }
        return (inner ?? [(field.key, field.value)]).map { Parameter($0, $1.string ?? $1.text(), source: source) }
      })
  }
}
