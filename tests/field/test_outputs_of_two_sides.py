"""Outputs with an encoder and a decoder, of generation, of images and of sound: the truth first, then the view."""

import numpy as np
import pytest

import coursekit as ck

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
transformers = pytest.importorskip("transformers")

VISION = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "image_size": 32,
    "patch_size": 8,
}


@pytest.fixture(scope="module", autouse=True)
def no_gradients():
    torch.manual_seed(0)
    with torch.no_grad():
        yield


@pytest.fixture(scope="module")
def t5():
    config = transformers.T5Config(
        vocab_size=30522,
        d_model=16,
        d_kv=8,
        d_ff=16,
        num_layers=2,
        num_heads=2,
        decoder_start_token_id=0,
        attn_implementation="eager",
    )
    return transformers.T5ForConditionalGeneration(config).eval()


@pytest.fixture(scope="module")
def inputs(tokenizer):
    found = tokenizer(["The cat sleeps.", "A dog barks loudly today."], padding=True, return_tensors="pt")
    return {"input_ids": found["input_ids"], "attention_mask": found["attention_mask"]}


def fields(view):
    return {field.name: field for field in view.facts.runs[0].fields}


def texts(sequence):
    return [token.text for token in sequence]


def test_cross_attention_has_the_encoders_tokens_as_keys(t5, inputs, tokenizer):
    given = {**inputs, "labels": torch.tensor([[7592, 102], [3899, 102]])}
    output = t5(**given, output_attentions=True, output_hidden_states=True)
    assert output.cross_attentions[0].shape[2:] == (2, inputs["input_ids"].shape[1])

    view = ck.OutputExplorer(output, given, tokenizer, config=t5)
    decoder = ck.OutputExplorer(output, given, tokenizer, config=t5, side="decoder")
    cross = ck.OutputExplorer(output, given, tokenizer, config=t5, side="cross")

    assert view.facts.sides == ("encoder", "decoder", "cross")
    np.testing.assert_array_equal(view.facts.runs[0].attention[1], output.encoder_attentions[1].numpy())
    np.testing.assert_array_equal(decoder.facts.runs[0].attention[1], output.decoder_attentions[1].numpy())
    np.testing.assert_array_equal(decoder.facts.runs[0].hidden, torch.stack(output.decoder_hidden_states).numpy())
    np.testing.assert_array_equal(cross.facts.runs[0].attention[1], output.cross_attentions[1].numpy())
    # The decoder was given its start token and the labels but the last, as T5's own _shift_right says.
    assert t5._shift_right(given["labels"]).tolist() == [[0, 7592], [0, 3899]]
    assert texts(cross.facts.sequences[0]) == ["[PAD]", "hello"]
    assert texts(cross.facts.keys[0]) == tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())
    assert "Keys are the tokens of the encoder." in view.static_html()
    with pytest.raises(ck.CourseError, match="Did you mean 'decoder'"):
        ck.OutputExplorer(output, given, tokenizer, side="decoderr")


def test_a_cache_of_two_sides_holds_keys_and_values(t5, inputs):
    output = t5(**inputs, decoder_input_ids=inputs["input_ids"][:, :3])
    cache = output.past_key_values
    true = {
        name: getattr(cache, name).layers[0].keys.shape for name in ("self_attention_cache", "cross_attention_cache")
    }

    found = fields(ck.OutputExplorer(output, inputs, config=t5))

    for name, shape in true.items():
        field = found[f"past_key_values.{name}"]
        assert field.shape == (2, 2, *shape)
        assert [axis.name for axis in field.axes] == ["layer", "key or value", "batch", "head", "sequence", "head size"]


@pytest.mark.parametrize("step", [0, 2])
def test_a_step_of_generation_is_chosen(step, t5, inputs, tokenizer):
    asked = {"return_dict_in_generate": True, "output_attentions": True, "output_hidden_states": True}
    output = t5.generate(**inputs, max_new_tokens=4, min_new_tokens=4, output_scores=True, **asked)

    view = ck.OutputExplorer(output, inputs, tokenizer, config=t5, side="decoder", step=step)

    facts = view.facts
    assert facts.steps == len(output.scores) == 4
    np.testing.assert_array_equal(facts.runs[0].attention[1], output.decoder_attentions[step][1].numpy())
    np.testing.assert_array_equal(facts.runs[0].hidden[2], output.decoder_hidden_states[step][2].numpy())
    read = output.sequences[0, : step + 1].tolist()  # what the decoder had when it took this step
    assert texts(facts.sequences[0]) == tokenizer.convert_ids_to_tokens(read[-1:])
    assert texts((facts.keys or facts.sequences)[0]) == tokenizer.convert_ids_to_tokens(read)
    best = output.scores[step][0].max()
    assert facts.runs[0].logits[0, 0] == pytest.approx(float(best))
    with pytest.raises(ck.CourseError, match="step=9"):
        ck.OutputExplorer(output, inputs, tokenizer, step=9)


def test_positions_of_an_image_are_patches():
    model = transformers.ViTModel(transformers.ViTConfig(**VISION, attn_implementation="eager")).eval()
    images = {"pixel_values": torch.randn(2, 3, 32, 32)}
    output = model(**images, output_attentions=True)
    assert output.last_hidden_state.shape[1] == 1 + (32 // 8) ** 2

    view = ck.OutputExplorer(output, images, config=model)

    named = texts(view.facts.sequences[0])
    assert named[:2] == ["[CLS]", "patch 0,0"]
    assert named[-1] == "patch 3,3"
    assert "2 images of 17 positions" in view.summary()
    assert "token" not in view.facts.runs[0].fields[0].meaning
    classifier = transformers.ViTForImageClassification(transformers.ViTConfig(**VISION, num_labels=3)).eval()
    scores = classifier(**images)
    run = ck.OutputExplorer(scores, images, config=classifier).facts.runs[0]
    np.testing.assert_array_equal(run.logits, scores.logits.numpy())


def test_clip_has_a_text_and_an_image_side(inputs, tokenizer):
    text = {**VISION, "vocab_size": 30522, "max_position_embeddings": 64, "eos_token_id": 102, "hidden_size": 16}
    model = transformers.CLIPModel(
        transformers.CLIPConfig(text_config=text, vision_config=VISION, projection_dim=24)
    ).eval()
    given = {**inputs, "pixel_values": torch.randn(3, 3, 32, 32)}
    output = model(**given)

    view = ck.OutputExplorer(output, given, tokenizer, config=model)
    image = ck.OutputExplorer(output, given, tokenizer, config=model, side="vision_model_output")

    assert texts(view.facts.sequences[1])[:3] == ["[CLS]", "a", "dog"]
    assert texts(image.facts.sequences[2])[:2] == ["[CLS]", "patch 0,0"]
    assert [axis.name for axis in fields(view)["logits_per_image"].axes] == ["image", "text"]
    assert fields(view)["logits_per_image"].shape == (3, 2)
    embeddings = ck.OutputExplorer(output.image_embeds, {"pixel_values": given["pixel_values"]}, config=model)
    assert list(fields(embeddings)) == ["array 1"]
    assert [axis.name for axis in fields(embeddings)["array 1"].axes] == ["batch", "projection"]


def test_positions_of_a_recording_are_frames():
    config = transformers.Wav2Vec2Config(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=24
    )
    model = transformers.Wav2Vec2Model(config).eval()
    sound = {"input_values": torch.randn(1, 4000)}
    output = model(**sound)
    frames = int(model._get_feat_extract_output_lengths(4000))

    view = ck.OutputExplorer(output, sound, config=model)

    assert len(view.facts.sequences[0]) == frames
    assert view.facts.sequences[0][-1].text == f"frame {frames - 1}"
    assert f"1 recording of {frames} frames" in view.summary()
