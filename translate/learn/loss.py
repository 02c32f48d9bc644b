"""Cross-entropy over a large vocabulary, a slice of rows at a time.

The plain way makes several float32 copies of (positions x pieces); here each slice's logits,
loss and gradient are made while they fit the cache, and padding is never projected at all.
"""

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

SLICE = 512
"""Rows a slice: fixed, since CPU kernels are built per shape; 512 x 8,000 floats is 16 MB."""


class SlicedCrossEntropy(torch.autograd.Function):  # type: ignore[misc]
    """Mean label-smoothed loss of `softmax(states @ weights.T)`; gradients made on the way."""

    @staticmethod
    def forward(  # noqa: D102
        context: FunctionCtx, states: Tensor, weights: Tensor, labels: Tensor, smoothing: float
    ) -> Tensor:
        rows, pieces = len(states), len(weights)
        low = weights.to(states.dtype)
        to_states = torch.empty_like(states)
        to_weights = torch.zeros_like(weights, dtype=torch.float32)
        loss = torch.zeros((), device=states.device)
        for begin in range(0, rows, SLICE):
            part, answers = states[begin : begin + SLICE], labels[begin : begin + SLICE]
            wanted = answers.ge(0)
            logs = torch.log_softmax((part @ low.T).float(), dim=1)
            picked = logs.gather(1, answers.clamp(min=0)[:, None])[:, 0]
            mixed = (1 - smoothing) * picked + smoothing * logs.mean(dim=1)
            loss -= (mixed * wanted).sum()
            slope = logs.exp_().sub_(smoothing / pieces)
            slope.scatter_add_(
                1, answers.clamp(min=0)[:, None], torch.full_like(picked, smoothing - 1)[:, None]
            )
            lean = slope.mul_(wanted[:, None]).to(states.dtype)
            to_states[begin : begin + SLICE] = lean @ low
            to_weights += (lean.T @ part).float()
        count = labels.ge(0).sum().clamp(min=1)
        context.save_for_backward(to_states, to_weights)
        context.count = count
        return loss / count

    @staticmethod
    def backward(context: FunctionCtx, gradient: Tensor) -> tuple[Tensor, Tensor, None, None]:  # noqa: D102
        to_states, to_weights = context.saved_tensors
        scale = gradient / context.count
        return to_states * scale.to(to_states.dtype), to_weights * scale, None, None


def sliced_cross_entropy(
    states: Tensor, weights: Tensor, labels: Tensor, *, smoothing: float
) -> Tensor:
    """Return the mean loss of `states` (n, width) against `labels` (n,); negative ones are skipped.

    Rows without a label are left out and the rest padded to whole slices.
    """
    kept = labels.ge(0).nonzero()[:, 0]
    spare = -len(kept) % SLICE
    states = torch.nn.functional.pad(states[kept], (0, 0, 0, spare))
    labels = torch.nn.functional.pad(labels[kept], (0, spare), value=-1)
    return SlicedCrossEntropy.apply(states, weights, labels, smoothing)
