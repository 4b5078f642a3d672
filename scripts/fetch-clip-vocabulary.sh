#!/usr/bin/env bash
# Fetches CLIP's merges file (1.3 MB, MIT licence, OpenAI) out of the Python package open_clip_torch:
#   scripts/fetch-clip-vocabulary.sh [FOLDER]     (default: tokenizers/clip)
set -euo pipefail

folder="${1:-$(dirname "$0")/../tokenizers/clip}"
name=bpe_simple_vocab_16e6.txt.gz
sum=924691ac288e54409236115652ad4aa250f48203de50a9e4722a6ecd48d6804a

if [[ -f "$folder/$name" ]] && echo "$sum  $folder/$name" | sha256sum --check --status; then
  echo "$folder/$name"
  exit 0
fi

for tool in python3 sha256sum; do
  command -v "$tool" >/dev/null ||
    { echo "fetch-clip-vocabulary: error: there is no $tool (PATH): install it" >&2; exit 1; }
done
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
package=open_clip_torch==3.3.0
if ! python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest "$scratch" "$package" >&2; then
  echo "fetch-clip-vocabulary: error: pip could not fetch $package: check the network, and that python3 -m pip works" >&2
  exit 1
fi
python3 - "$scratch" "$name" <<'PYTHON'
import glob
import sys
import zipfile

folder, name = sys.argv[1:]
wheel = zipfile.ZipFile(glob.glob(folder + "/*.whl")[0])
with open(f"{folder}/{name}", "wb") as out:
    out.write(wheel.read("open_clip/" + name))
PYTHON
if ! echo "$sum  $scratch/$name" | sha256sum --check --status; then
  echo "fetch-clip-vocabulary: error: the package's $name is not the published one: fetch it again" >&2
  exit 1
fi
mkdir -p "$folder"
mv "$scratch/$name" "$folder/$name"
echo "$folder/$name"
