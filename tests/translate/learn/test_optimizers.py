import pytest
import torch

from translate.learn import optimizers
from translate.learn.optimizers import Float32Muon, build_optimizers, fast_precision

OPTIONS = {"lr": 0.02, "weight_decay": 0.01, "adjust_lr_fn": "match_rms_adamw"}


@pytest.fixture
def model() -> torch.nn.Module:
    torch.manual_seed(1)
    return torch.nn.Sequential(torch.nn.Linear(24, 48), torch.nn.Linear(48, 24))


def learn(model: torch.nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> None:
    torch.manual_seed(2)
    for _ in range(steps):
        optimizer.zero_grad()
        model(torch.randn(256, 24)).square().mean().backward()
        optimizer.step()


def matrices(model: torch.nn.Module) -> list[torch.nn.Parameter]:
    return [each for each in model.parameters() if each.ndim == 2]


def test_float32_muon_takes_torch_s_steps_but_for_their_rounding(model: torch.nn.Module) -> None:
    before = [each.detach().clone() for each in matrices(model)]
    learn(model, torch.optim.Muon(matrices(model), **OPTIONS), 3)
    theirs = [each.detach().clone() for each in matrices(model)]
    with torch.no_grad():
        for each, start in zip(matrices(model), before, strict=True):
            each.copy_(start)
    learn(model, Float32Muon(matrices(model), **OPTIONS), 3)
    for ours, their, start in zip(matrices(model), theirs, before, strict=True):
        assert (ours - their).norm() < 0.06 * (their - start).norm()


def test_a_state_is_loaded_by_the_other_kind(model: torch.nn.Module) -> None:
    ours = Float32Muon(matrices(model), **OPTIONS)
    learn(model, ours, 2)
    theirs = torch.optim.Muon(matrices(model), **OPTIONS)
    theirs.load_state_dict(ours.state_dict())
    learn(model, theirs, 1)
    ours.load_state_dict(theirs.state_dict())
    learn(model, ours, 1)
    assert all(torch.isfinite(each).all() for each in model.parameters())


@pytest.mark.parametrize(
    ("known", "precision"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, torch.float32),
        ({"avx512_bf16": True}, torch.bfloat16),
        ({"amx_bf16": True}, torch.bfloat16),
        ({"num_sockets": 1}, torch.float32),
    ],
)
def test_a_processor_works_in_what_it_multiplies(
    known: dict[str, object], precision: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimizers.torch.cpu, "get_capabilities", lambda: known)
    assert fast_precision("cpu") == precision


@pytest.mark.parametrize(
    ("precision", "kind"), [(torch.float32, Float32Muon), (torch.bfloat16, torch.optim.Muon)]
)
def test_hidden_matrices_are_muon_s_and_the_rest_adamw_s(
    model: torch.nn.Module, precision: torch.dtype, kind: type
) -> None:
    muon, adamw = build_optimizers(model, 1e-3, precision)
    assert type(muon) is kind
    assert [each.ndim for each in muon.param_groups[0]["params"]] == [2, 2]
    assert [each.ndim for each in adamw.param_groups[0]["params"]] == [1, 1]
