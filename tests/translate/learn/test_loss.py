import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from translate.learn.loss import SLICE, sliced_cross_entropy


@given(rows=st.integers(1, 40), seed=st.integers(0, 99), smoothing=st.sampled_from([0.0, 0.1]))
def test_loss_and_gradients_are_those_of_cross_entropy(
    rows: int, seed: int, smoothing: float
) -> None:
    generator = torch.Generator().manual_seed(seed)
    states = torch.randn(rows, 8, generator=generator, requires_grad=True)
    weights = torch.randn(11, 8, generator=generator, requires_grad=True)
    labels = torch.randint(-1, 11, (rows,), generator=generator)
    labels[0] = 3
    loss = sliced_cross_entropy(states, weights, labels, smoothing=smoothing)
    mine = torch.autograd.grad(loss, [states, weights])
    plain = torch.nn.functional.cross_entropy(
        states @ weights.T, labels, ignore_index=-1, label_smoothing=smoothing
    )
    wanted = torch.autograd.grad(plain, [states, weights])
    assert loss.item() == pytest.approx(plain.item(), rel=1e-4)
    for one, other in zip(mine, wanted, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_more_rows_than_a_slice_are_all_counted() -> None:
    states = torch.zeros(SLICE + 7, 4)
    labels = torch.zeros(SLICE + 7, dtype=torch.long)
    loss = sliced_cross_entropy(states, torch.zeros(5, 4), labels, smoothing=0.0)
    assert loss.item() == pytest.approx(torch.log(torch.tensor(5.0)).item())
