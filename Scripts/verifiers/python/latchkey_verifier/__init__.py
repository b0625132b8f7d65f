"""Accepts the access tokens of a Latchkey server offline, and refuses revoked ones."""
from .rule import Refusal
from .verifier import Policy, Unavailable, Verifier

__all__ = ["Policy", "Refusal", "Unavailable", "Verifier"]
