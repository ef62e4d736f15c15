"""All that a training changes as it goes: weights, optimisers, generators, and the number of updates."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from equilab.models import VariationalAutoencoder
from equilab.objectives import Losses
from training.run import Run


def seeded(seed: int, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose of one seed; different purposes draw independent numbers."""
    entropy = np.random.SeedSequence([seed, *purpose.encode()])
    return torch.Generator(device).manual_seed(int(entropy.generate_state(1, np.uint64)[0]))


def build_model(run: Run) -> nn.Module:
    """The untrained model of a run, on the CPU: the same weights at every call."""
    return run.model.build(run.data.image_shape, generator=seeded(run.seed, "model"))


@dataclass
class State:
    """Model, critic (or None), their optimisers, the noise generator, and how far the run has come."""

    model: nn.Module
    critic: nn.Module | None
    optimizer: torch.optim.Optimizer
    critic_optimizer: torch.optim.Optimizer | None
    generator: torch.Generator
    step: int = 0  # updates of the model so far
    evaluated_at: int = -1  # the step of the last finished evaluation

    @classmethod
    def build(cls, run: Run, device: torch.device) -> "State":
        """The state before the first update."""
        torch.manual_seed(run.seed)  # for layers that draw from torch's own generator, such as dropout
        model = build_model(run).to(device)
        if run.compute.channels_last:
            model = model.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        settings, critic, critic_optimizer = run.objective.critic, None, None
        if settings is not None:
            assert isinstance(model, VariationalAutoencoder)  # a critic tells latents apart
            critic = settings.build(model.latent_dim, generator=seeded(run.seed, "critic")).to(device)
            critic_optimizer = settings.optimizer.build(critic.parameters())
        optimizer = run.optimizer.build(model.parameters())
        return cls(model, critic, optimizer, critic_optimizer, seeded(run.seed, "noise", device))

    def update(self, losses: Losses, *, clip_norm: float = 0.0) -> float:
        """One update of the model, and of the critic where there is one; the model's gradient norm if it is clipped.

        Each loss is differentiated with respect to its own parameters only, so neither can reach the other's.
        """
        norm = 0.0
        parameters = list(self.model.parameters())
        self.optimizer.zero_grad()
        losses.model.backward(inputs=parameters)
        if clip_norm > 0:
            norm = float(nn.utils.clip_grad_norm_(parameters, clip_norm))
        self.optimizer.step()
        if self.critic is not None and self.critic_optimizer is not None and losses.critic is not None:
            self.critic_optimizer.zero_grad()
            losses.critic.backward(inputs=list(self.critic.parameters()))
            self.critic_optimizer.step()
        self.step += 1
        return norm

    def is_finite(self) -> bool:
        """Whether every weight of the model and of the critic is a finite number."""
        modules = [module for module in (self.model, self.critic) if module is not None]
        return all(bool(weight.isfinite().all()) for module in modules for weight in module.parameters())

    def payload(self) -> dict[str, Any]:
        """Everything as plain tensors, numbers and dicts, for a checkpoint."""
        random = {"torch": torch.get_rng_state(), "noise": self.generator.get_state()}
        if self.generator.device.type == "cuda":
            random["cuda"] = torch.cuda.get_rng_state(self.generator.device)
        return {
            "step": self.step,
            "evaluated_at": self.evaluated_at,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "critic": self.critic.state_dict() if self.critic is not None else None,
            "critic_optimizer": self.critic_optimizer.state_dict() if self.critic_optimizer is not None else None,
            "random": random,
        }

    def restore(self, payload: dict[str, Any]) -> None:
        """The state that `payload` was taken from, bit by bit."""
        self.step, self.evaluated_at = payload["step"], payload["evaluated_at"]
        self.model.load_state_dict(payload["model"])
        self.optimizer.load_state_dict(payload["optimizer"])
        if self.critic is not None and self.critic_optimizer is not None:
            self.critic.load_state_dict(payload["critic"])
            self.critic_optimizer.load_state_dict(payload["critic_optimizer"])
        torch.set_rng_state(payload["random"]["torch"])
        self.generator.set_state(payload["random"]["noise"])
        if "cuda" in payload["random"]:
            torch.cuda.set_rng_state(payload["random"]["cuda"], self.generator.device)
