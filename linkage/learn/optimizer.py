"""Adam for a table of which a step touches few rows."""

import torch
from torch import Tensor

FIRST, SECOND, TINY = 0.9, 0.999, 1e-8


class RowAdam:
    """Adam (Kingma & Ba 2015) that updates, and lets decay, only the rows that have a gradient.

    It is `torch.optim.SparseAdam` without the sorting that makes that one slow on a CPU.
    """

    def __init__(self, table: Tensor) -> None:
        self.table = table
        self.mean = torch.zeros_like(table)
        self.square = torch.zeros_like(table)
        self.steps = 0

    def step(self, rows: Tensor, gradient: Tensor, rate: float) -> None:
        """Move the distinct `rows` (n) against their `gradient` (n, width)."""
        self.steps += 1
        mean = self.mean[rows].lerp_(gradient, 1 - FIRST)
        square = self.square[rows].mul_(SECOND).addcmul_(gradient, gradient, value=1 - SECOND)
        self.mean[rows] = mean
        self.square[rows] = square
        spread = square.div_(1 - SECOND**self.steps).sqrt_().add_(TINY)
        self.table.index_add_(0, rows, mean.div_(spread), alpha=-rate / (1 - FIRST**self.steps))
