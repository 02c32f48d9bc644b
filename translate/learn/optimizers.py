"""What changes the weights, in a precision that the hardware multiplies."""

import math
from typing import Any

import torch


def fast_precision(device: str) -> torch.dtype:
    """Return bfloat16 where a device multiplies it, else float32.

    A CPU without instructions for it works it out, many times slower.
    """
    if device == "cuda":
        has_it = torch.cuda.is_bf16_supported(including_emulation=False)
    else:
        known = torch.cpu.get_capabilities()
        has_it = any(is_there for name, is_there in known.items() if "bf16" in name)
    return torch.bfloat16 if has_it else torch.float32


def build_optimizers(
    model: torch.nn.Module, rate: float, precision: torch.dtype
) -> tuple[torch.optim.Optimizer, ...]:
    """Return Muon for the hidden matrices and AdamW for embeddings, norms and biases.

    Muon (Jordan et al., 2024) reaches a loss in fewer tokens than AdamW alone, for about a
    seventh more time a step on a CPU; scaled to AdamW's step size, both take the same rate.
    """
    hidden: list[torch.nn.Parameter] = []
    rest: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        is_hidden = parameter.ndim == 2 and "shared" not in name and "embed" not in name  # noqa: PLR2004 - matrices
        (hidden if is_hidden else rest).append(parameter)
    muon = torch.optim.Muon if precision == torch.bfloat16 else Float32Muon
    return (
        muon(hidden, lr=rate, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(rest, lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True),
    )


class Float32Muon(torch.optim.Muon):  # type: ignore[misc]
    """torch's Muon, which works in bfloat16 on every device, in float32; their states are alike.

    Of the learning rate's adjustments it knows `match_rms_adamw`.
    """

    def step(self) -> None:
        """Change the weights by their gradients."""
        with torch.no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None:
                        self._change(parameter, parameter.grad, group)

    def _change(
        self, parameter: torch.nn.Parameter, gradient: torch.Tensor, group: dict[str, Any]
    ) -> None:
        state, momentum = self.state[parameter], group["momentum"]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(gradient)
        mean = state["momentum_buffer"].lerp_(gradient, 1 - momentum)
        update = gradient.lerp(mean, momentum) if group["nesterov"] else mean
        rate = group["lr"] * 0.2 * math.sqrt(max(parameter.shape))
        parameter.mul_(1 - group["lr"] * group["weight_decay"])
        parameter.add_(_orthogonal(update, group), alpha=-rate)


def _orthogonal(update: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
    """Return about the orthogonal matrix next to an update, by Newton and Schulz' iteration."""
    a, b, c = group["ns_coefficients"]
    is_tall = update.size(0) > update.size(1)
    found = update.T if is_tall else update
    found = found / found.norm().clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = found @ found.T
        found = torch.addmm(found, torch.addmm(gram, gram, gram, beta=b, alpha=c), found, beta=a)
    return found.T if is_tall else found
