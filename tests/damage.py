"""Change the files of a checkpoint, and read what the facts say of it."""

from __future__ import annotations

import json


def change_config(folder, **changes):
    path = folder / "config.json"
    settings = json.loads(path.read_text())
    for key, value in changes.items():
        if value is None:
            settings.pop(key, None)
        else:
            settings[key] = value
    path.write_text(json.dumps(settings))


def said(facts, severity):
    return [finding.what for finding in facts.findings if finding.severity == severity]


def save_bin(folder, content, **options):
    import torch

    torch.save(content, folder / "pytorch_model.bin", **options)
    (folder / "model.safetensors").unlink(missing_ok=True)
