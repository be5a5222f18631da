"""A sample of architectures that differ in what a config or a model can differ in."""

from transformers import (
    BartConfig,
    BertConfig,
    CLIPConfig,
    DistilBertConfig,
    EncodecConfig,
    GPT2Config,
    LlamaConfig,
    MobileBertConfig,
    T5Config,
    ViTConfig,
    Wav2Vec2Config,
    WhisperConfig,
)

ARCHITECTURES = [
    BartConfig,  # an encoder and a decoder
    BertConfig,
    CLIPConfig,  # configs inside a config
    DistilBertConfig,  # names of its own for the usual numbers
    EncodecConfig,  # convolutions
    GPT2Config,
    LlamaConfig,  # a head size that is derived from other numbers
    MobileBertConfig,  # bottlenecks
    T5Config,  # its two word tables are one
    ViTConfig,  # no vocabulary
    Wav2Vec2Config,  # lists of numbers
    WhisperConfig,
]
