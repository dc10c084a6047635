"""The drawing of orders: which task a rater sees when, and which output stands on which side."""

from __future__ import annotations

from reviewer.blinding.open import Offer, hand_out, open_order
from reviewer.blinding.permutation import Permutation, drawn_order, order_key
from reviewer.blinding.planned import plan
from reviewer.blinding.repeats import apart, repeat_places, weave_repeats
from reviewer.blinding.steps import Order, Step

__all__ = [
    "Offer",
    "Order",
    "Permutation",
    "Step",
    "apart",
    "drawn_order",
    "hand_out",
    "open_order",
    "order_key",
    "plan",
    "repeat_places",
    "weave_repeats",
]
