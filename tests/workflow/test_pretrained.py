"""A model and what belongs to it: saved, loaded, and refused where settings and weights do not fit."""

import json
import math
from dataclasses import asdict

import pytest
import torch

from monai_blurvae.blur import Spectra
from monai_blurvae.losses import make_loss
from monai_blurvae.networks import BlurVAE, Decoder, Encoder, LatentPrior, PixelScale, make_model
from monai_blurvae.workflow import (
    load_pretrained,
    load_prior,
    pretrained,
    read_settings,
    save_pretrained,
    settings_from,
    untrained,
)

VALUES = {
    "model": {"image_size": 16, "features": [4, 8], "latent_size": 5, "kernel_size": 3},
    "loss": {"name": "wiener_blur", "blur": "measured", "rings": 6},
    "images": {"orientation": "RAS", "spacing": [1, 1, 2]},
    "beta": 0.5,
}
WHOLE = {"format": 1, **asdict(settings_from(VALUES))}
"""What a file holds: every section and every field."""


def with_value(section, **values):
    """The whole file with other values in one section."""
    return {**WHOLE, section: {**WHOLE[section], **values}}


def trained(values=VALUES):
    """A model with a scale, and a measured blur that has seen a batch."""
    torch.manual_seed(0)
    loss = make_loss(values["loss"])
    network = make_model(values["model"], loss)
    network.scale.fill_(0.123456)
    if values["loss"].get("blur") == "measured":
        x = torch.rand(4, 1, 16, 16)
        loss.blur.observe(Spectra.of(x, x.roll(1, -1) / 2 + x / 2), (16, 16))
    return network.eval()


@pytest.fixture
def saved(tmp_path):
    save_pretrained(tmp_path, trained(), settings_from(VALUES))
    return tmp_path


def edit(folder, text):
    (folder / "settings.json").write_text(text, encoding="utf-8")


@pytest.mark.parametrize("loss", [VALUES["loss"], {"name": "wiener_blur", "blur": "network"}, {"name": "l2"}])
def test_what_is_saved_is_loaded_bit_for_bit(tmp_path, loss):
    values = {**VALUES, "loss": loss}
    network, scales = trained(values), PixelScale(features=3)
    path = save_pretrained(tmp_path / "new", network, settings_from(values), scales)
    for source in (path, path.parent):
        loaded = load_pretrained(source)
        state = loaded.network.state_dict()
        assert state.keys() == network.state_dict().keys()
        assert all(torch.equal(state[name], value) for name, value in network.state_dict().items())
        assert loaded.settings == settings_from(values)
        assert loaded.loss is loaded.network.likelihood
        assert not loaded.network.training
        for ours, theirs in zip(loaded.pixel_scale.parameters(), scales.parameters(), strict=True):
            assert torch.equal(ours, theirs)
    if loss.get("blur") == "measured":
        assert loaded.loss.blur.batches == 1
        assert torch.equal(loaded.loss.blur.gain, network.likelihood.blur.gain)
        assert bool((loaded.loss.blur.gain < 1).any())


def other():
    """Another model of the same architecture, with other settings."""
    network = trained()
    network.scale.fill_(0.2)
    return network, settings_from({**VALUES, "beta": 2.0})


def test_of_two_models_saved_at_once_none_is_read_with_the_settings_of_the_other(tmp_path, monkeypatch):
    write = pretrained.write_settings

    def late(folder, settings, *state):
        monkeypatch.setattr(pretrained, "write_settings", write)
        save_pretrained(tmp_path, *other(), PixelScale(features=3))
        write(folder, settings, *state)

    monkeypatch.setattr(pretrained, "write_settings", late)
    save_pretrained(tmp_path, trained(), settings_from(VALUES), PixelScale(features=2))
    for read in (load_pretrained, load_prior, read_settings):
        with pytest.raises(ValueError, match=r"settings\.json must belong to .*model\.pt, got settings of"):
            read(tmp_path / "model.pt")
    save_pretrained(tmp_path, *other())
    with pytest.warns(UserWarning, match=r"pixel_scale\.pt was fitted to other weights"):
        assert load_pretrained(tmp_path).settings.beta == 2


def test_a_model_that_is_replaced_while_it_is_read_is_refused(saved, monkeypatch):
    load = pretrained.load_weights

    def late(*arguments):
        save_pretrained(saved, *other())
        load(*arguments)

    monkeypatch.setattr(pretrained, "load_weights", late)
    with pytest.raises(ValueError, match=r"model\.pt must stay as it is while it is read"):
        load_pretrained(saved)


def test_a_loaded_model_samples_from_the_learned_prior_that_was_saved(tmp_path):
    network, prior = trained(), LatentPrior(5, layers=2, features=3)
    prior.mean.fill_(2)
    path = save_pretrained(tmp_path, network, settings_from(VALUES), latent_prior=prior)
    drawn = load_pretrained(path).network.sample(2, torch.Generator().manual_seed(0))
    assert torch.equal(drawn, network.decode(prior.sample(2, torch.Generator().manual_seed(0))))
    again = save_pretrained(tmp_path / "again", load_pretrained(path).network, settings_from(VALUES))
    assert again.read_bytes() == path.read_bytes()  # the prior is no part of the weights
    assert load_pretrained(again).latent_prior is None


def test_the_likelihood_of_a_loaded_model_is_that_of_the_saved_one(saved):
    network, loaded = trained(), load_pretrained(saved)
    x, z = torch.rand(2, 1, 16, 16), torch.zeros(2, 5)
    nll = [
        model.likelihood.neg_log_likelihood(model.decode(z), x, model.scale, z)
        for model in (network, loaded.network)
    ]
    assert torch.equal(*nll)


def test_a_scale_network_that_belongs_to_other_weights_is_not_used(saved):
    other = trained()
    save_pretrained(saved, other, settings_from(VALUES), PixelScale(features=3))
    assert load_pretrained(saved).pixel_scale is not None
    with torch.no_grad():
        next(other.parameters()).view(-1)[0] += 1e-3
    save_pretrained(saved, other, settings_from(VALUES))
    with pytest.warns(UserWarning, match=r"pixel_scale\.pt was fitted to other weights"):
        assert load_pretrained(saved).pixel_scale is None


def test_a_scale_network_of_unknown_origin_is_not_used(saved):
    torch.save(PixelScale(features=3).state_dict(), saved / "pixel_scale.pt")
    with pytest.warns(UserWarning, match=r"pixel_scale\.pt was fitted to other weights"):
        assert load_pretrained(saved).pixel_scale is None


@pytest.mark.parametrize("loss", [{"name": "vgg"}, {"name": "watson", "watson_weights": "nowhere.pth"}])
def test_a_model_is_loaded_without_the_files_of_other_people_that_trained_it(saved, monkeypatch, loss):
    monkeypatch.setenv("TORCH_HOME", str(saved))
    network = make_model(VALUES["model"], None)
    save_pretrained(saved, network, settings_from({**VALUES, "loss": loss}))
    loaded = load_pretrained(saved)
    assert all(map(torch.equal, loaded.network.parameters(), network.parameters()))
    assert not loaded.loss.is_likelihood
    edit(saved, json.dumps(with_value("loss", name="l1", scale=-1)))
    with pytest.raises(ValueError, match=r"`loss.scale` must be"):
        load_pretrained(saved)


def test_an_untrained_network_has_the_described_shape_and_no_weights_of_the_file(saved):
    network = untrained(saved / "model.pt")
    assert (network.image_size, network.latent_shape) == (16, (5,))
    assert network.scale == 1
    assert network.likelihood.blur.rings == 6


@pytest.mark.parametrize("section", [key for key in WHOLE if key != "format"])
def test_a_section_that_a_file_lacks_is_no_silent_default(saved, section):
    edit(saved, json.dumps({key: value for key, value in WHOLE.items() if key != section}))
    with pytest.raises(ValueError, match=rf"settings\.json: settings must state {section}, got only"):
        load_pretrained(saved)


@pytest.mark.parametrize(
    ("section", "field"),
    [(key, field) for key, section in WHOLE.items() if isinstance(section, dict) for field in section],
)
def test_a_field_that_a_file_lacks_is_no_silent_default(saved, section, field):
    rest = {key: value for key, value in WHOLE[section].items() if key != field}
    edit(saved, json.dumps({**WHOLE, section: rest}))
    with pytest.raises(ValueError, match=rf"settings\.json: `{section}` must state {field}, got only"):
        load_pretrained(saved)


def test_missing_weights_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weight file at"):
        load_pretrained(tmp_path / "model.pt")


def test_missing_settings_are_an_error_and_no_silent_default(saved):
    (saved / "settings.json").unlink()
    with pytest.raises(
        ValueError, match=r"`weights` must have their settings\.json beside them, got .*model\.pt"
    ):
        load_pretrained(saved)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "must be JSON"),
        ("[" * 100_000, "must be JSON"),
        ("[]", "must be settings of format 1"),
        ("{}", "must be settings of format 1"),
        ('{"format": 2}', "must be settings of format 1"),
        ('{"imports": [], "network_def": {"_target_": "BasicUNet"}}', "must be settings of format 1"),
        (json.dumps({**WHOLE, "network": {}}), "must hold only model, loss, images, beta"),
        (json.dumps({**WHOLE, "beta": "1"}), "`beta` must be a number, got '1'"),
        (json.dumps({**WHOLE, "beta": True}), "`beta` must be a number, got True"),
        (json.dumps({**WHOLE, "beta": -1}), "`beta` must be a number of at least 0, got -1"),
        (json.dumps(with_value("loss", nam="l2")), r"got 'nam' \(did you mean `name`\?\)"),
        (json.dumps(with_value("loss", C="0.1")), r"`loss.C` must be a number or null, got '0.1'"),
        (json.dumps(with_value("loss", C=math.nan)), r"`loss.C` must be a number or null, got nan"),
        (json.dumps(with_value("loss", C=math.inf)), r"`loss.C` must be a number or null, got inf"),
        (json.dumps(with_value("loss", C=True)), r"`loss.C` must be a number or null, got True"),
        (json.dumps(with_value("model", features="48")), "`model.features` must be a list"),
        (json.dumps({**WHOLE, "model": 3}), "`model` must be a mapping of settings, got int"),
        (json.dumps(with_value("images", min_brain=2)), r"`images.min_brain` must be in \[0, 1\], got 2"),
        (json.dumps(with_value("images", percentile=0)), r"`images.percentile` must be in \(0, 100\], got 0"),
        (
            json.dumps(with_value("images", spacing=[1, 0, 1])),
            r"`images.spacing\[1\]` must be positive and finite, got 0",
        ),
        (
            json.dumps(with_value("reconstruction", phase_width=-1)),
            "`reconstruction.phase_width` must be",
        ),
        (" " * 1_000_001, "at most 1000000 bytes"),
        (json.dumps({**WHOLE, "format": True}), "must be settings of format 1"),
        (json.dumps(with_value("images", orientation="XYZ")), "`orientation` must be .* got 'XYZ'"),
        (json.dumps(with_value("images", orientation="")), "`images.orientation` must be a word, got ''"),
        (
            json.dumps(with_value("images", orientation="PL")),
            "`orientation` must be three of R or L",
        ),
        (
            json.dumps(with_value("images", spacing=[1, 1])),
            r"`images.spacing` must be a list of 3 or null, got \[1, 1\]",
        ),
        (json.dumps(with_value("loss", kernel_size=4)), "`kernel_size` must have odd sizes"),
    ],
    ids=range(28),
)
def test_foreign_settings_are_refused_with_their_file(saved, text, message):
    edit(saved, text)
    with pytest.raises(ValueError, match=message) as error:
        load_pretrained(saved)
    assert "settings.json" in str(error.value)


@pytest.mark.parametrize(
    "text", ["$(_ for _ in ()).throw(SystemExit)", "$__import__('os').abort()", "@beta", "%x"]
)
def test_expressions_in_settings_are_only_text(saved, text):
    edit(saved, json.dumps(with_value("loss", watson_weights=text)))
    assert load_pretrained(saved).settings.loss.watson_weights == text
    edit(saved, json.dumps(with_value("loss", name=text)))
    with pytest.raises(ValueError, match=r"`loss.name` must be one of"):
        load_pretrained(saved)


def test_a_configuration_beside_the_weights_is_not_read(saved, tmp_path):
    code = f"$__import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()"
    for name in ("config.json", "metadata.json", "config_resumed1.json"):
        (saved / name).write_text(json.dumps({"imports": [code], "initialize": [code], "network_def": code}))
    (saved / "logging.conf").write_text("not one either")
    load_pretrained(saved)
    load_prior(saved / "model.pt")
    assert not (tmp_path / "ran").exists()


def test_components_in_settings_are_never_made(saved):
    edit(saved, json.dumps({**WHOLE, "model": {"_target_": "os.abort"}}))
    with pytest.raises(ValueError, match=r"`model` must hold only .* got '_target_'"):
        load_pretrained(saved)


@pytest.mark.parametrize(("part", "setting"), [("model", "network_def"), ("loss", "reconstruction_loss")])
def test_what_settings_do_not_describe_must_be_given(saved, part, setting):
    edit(saved, json.dumps({**WHOLE, part: None}))
    with pytest.raises(ValueError, match=f"`{part}` must be described in .*the run replaced `{setting}`"):
        load_pretrained(saved)
    given = make_model(VALUES["model"], make_loss(VALUES["loss"]))
    loaded = load_pretrained(saved, network=given)
    assert loaded.network is given
    assert loaded.network.scale == trained().scale


def test_a_given_network_needs_its_likelihood(saved):
    save_pretrained(
        saved, trained({**VALUES, "loss": {"name": "l2"}}), settings_from({**VALUES, "model": None})
    )
    with pytest.raises(ValueError, match=r"`network.likelihood` must be a reconstruction term, got NoneType"):
        load_pretrained(
            saved,
            network=BlurVAE(Encoder(16, [4, 8], 5, hidden_size=512), Decoder(16, [4, 8], 5, hidden_size=512)),
        )


@pytest.mark.parametrize("name", ["network", "settings"])
def test_what_is_no_model_or_no_settings_is_not_saved(tmp_path, name):
    arguments = {"network": trained(), "settings": settings_from(VALUES), name: None}
    with pytest.raises(ValueError, match=f"`{name}` must be a .*, got NoneType"):
        save_pretrained(tmp_path / "new", **arguments)
    assert not (tmp_path / "new").exists()


def test_weights_of_another_architecture_are_refused_by_tensor(saved):
    edit(saved, json.dumps(with_value("model", latent_size=6)))
    with pytest.raises(ValueError, match=r"`source` must have the network's architecture, got .*wanted"):
        load_pretrained(saved)


@pytest.mark.parametrize("size", [10**5, 10**10, 10**30])
def test_settings_that_claim_a_network_beyond_the_weights_take_no_memory(saved, size):
    edit(saved, json.dumps(with_value("model", features=[size, size])))
    with pytest.raises(
        ValueError, match=r"`model` .*must (describe the weights beside it|be a network that)"
    ):
        load_pretrained(saved)
