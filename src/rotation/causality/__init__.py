"""Proof that a part knows no more than it could have.

Changing anything after a row must leave every output up to that row as it was.
"""

from rotation.causality.checking import CausalReport, check_causal, check_history
from rotation.causality.parts import is_ours, only_ours

__all__ = ["CausalReport", "check_causal", "check_history", "is_ours", "only_ours"]
