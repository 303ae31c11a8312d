"""Write what the tiny language models need to speak and to be spoken to: text tokenizers, and a codec of few codes.

    make_language_model_parts.py --mimi packages/codec-rvq/test/golden/mimi --out packages/slm-runtime/test/golden

`csm/tokenizer.json`: a letter an id, with Llama 3's begin before each text. `moshi/tokenizer_spm_32k_3.model`: pieces of
SentencePiece. `mimi`: the tiny Mimi with the first 40 codes of each codebook, which both models have.
"""

import argparse
import json
from pathlib import Path

from safetensors.torch import load_file, save_file

CODES = 40
LETTERS = "Ġabcdefghijklmnopqrstuvwxyz0123456789[].,!?"
PIECES = 90
UNKNOWN, CONTROL = 2, 3


def cut_mimi(source: Path, out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    config = json.loads((source / "config.json").read_text())
    tensors = load_file(source / "model.safetensors")
    cut = {name: tensor[:CODES].contiguous() if name.endswith(("embed_sum", "cluster_usage")) else tensor
           for name, tensor in tensors.items()}
    (out / "config.json").write_text(json.dumps({**config, "codebook_size": CODES}, indent=2) + "\n")
    save_file(cut, out / "model.safetensors", {"format": "pt"})


def letters_tokenizer() -> dict[str, object]:
    begin, end = "<|begin_of_text|>", "<|end_of_text|>"
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None,
        "added_tokens": [{"id": 80, "content": begin, **flags}, {"id": 81, "content": end, **flags}],
        "pre_tokenizer": byte_level, "decoder": byte_level,
        "post_processor": {
            "type": "TemplateProcessing", "pair": [],
            "single": [{"SpecialToken": {"id": begin, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {begin: {"id": begin, "ids": [80], "tokens": [begin]}}},
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                  "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                  "vocab": {letter: i for i, letter in enumerate(LETTERS)}, "merges": []}}


def pieces_model() -> bytes:
    """Field 1 of the model holds a piece: its text in field 1, its type in field 3."""
    def piece(i: int) -> bytes:
        text = {0: "<unk>", 1: "<s>"}.get(i, f"▁{i}").encode()
        kind = {0: UNKNOWN, 1: CONTROL}.get(i)
        return bytes([0x0A, len(text)]) + text + (b"" if kind is None else bytes([0x18, kind]))
    return b"".join(bytes([0x0A, len(piece(i))]) + piece(i) for i in range(PIECES))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mimi", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    cut_mimi(args.mimi, args.out / "mimi")
    text = json.dumps(letters_tokenizer(), indent=1, ensure_ascii=False)
    (args.out / "csm" / "tokenizer.json").write_text(text + "\n")
    (args.out / "moshi" / "tokenizer_spm_32k_3.model").write_bytes(pieces_model())


if __name__ == "__main__":
    main()
