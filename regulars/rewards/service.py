"""The door of rewards: what the worker does for orders."""

from __future__ import annotations

from regulars.rewards.fulfilling import look_after
from regulars.rewards.targets import parse as webhook_targets
from regulars.rewards.targets import secret as webhook_secret

__all__ = ["look_after", "webhook_secret", "webhook_targets"]
