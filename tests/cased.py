"""A cased vocabulary for tests: no second checkpoint is needed to see what ids mean under another one."""

from __future__ import annotations

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

SPECIAL = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}


def cased_tokenizer(pieces: list[str]) -> PreTrainedTokenizerFast:
    """Return a WordPiece tokenizer with the ``pieces`` of an uncased BERT, words capitalized, in reverse order.

    The special tokens keep their ids, as they do in ``bert-base-cased``; so ``[101, 7592, 999, 102]`` begins and ends
    as it should and says something else in between.
    """
    kept = 104  # [PAD], unused ones, [UNK] 100, [CLS] 101, [SEP] 102, [MASK] 103
    words = [piece.capitalize() for piece in reversed(pieces[kept:])]
    vocabulary = {piece: index for index, piece in enumerate(dict.fromkeys([*pieces[:kept], *words, *pieces[kept:]]))}
    inner = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=False)
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 101), ("[SEP]", 102)]
    )
    return PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=512, **SPECIAL)
