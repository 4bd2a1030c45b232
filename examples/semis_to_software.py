"""
Semis to software
=================

Does a rule that switches from the shovels (semiconductors) to the applications (software and
internet) beat holding either, or both in equal parts? The question over the embedded history,
after 10 basis points of every amount bought or sold.
"""

from datetime import date

import rotation as rt

# %%
# Closes of seven names, from NVDA's first session to the last that all of them have. They were
# chosen in 2025 by somebody who knew how they had done; the universe says so, and so will every
# table.

universe = rt.Universe(
    {"shovels": ["NVDA", "AMD"], "applications": ["MSFT", "AMZN", "GOOG", "META", "NFLX"]},
    chosen_on=date(2025, 1, 31),
)
closes = rt.sample().loc["1999-01-22":"2022-12-28"]
layers = rt.build_layers(closes, universe, costs=rt.Costs.bps(10))

# %%
# At each month end, hold the layer with the better half year if its log return leads by more than
# 0.02; trade at the next session's close.

strategy = rt.Strategy(
    signal=rt.Momentum(days=126), rule=rt.Switch(margin=0.02), schedule=rt.Schedule("M")
)
switch = rt.backtest(layers, strategy, costs=rt.Costs.bps(10))

# %%
# What it earned, beside what could have been held instead, on one window.

print(rt.compare({"switch": switch, **rt.alternatives(switch)}))

# %%
# When it moved, and why.

print(switch.switches[["traded", "from", "to", "cost", "reason"]].tail(6).to_string())
