"""
Pay your way
============

The same decisions under five ways to pay: half semiconductors, half software, restored at each
month end. What does a rate cost, what does a tolerance band save, and what do whole shares and
market impact do to an account that is small or large?
"""

import pandas as pd

import rotation as rt

# %%
# Two survivors, picked with hindsight: the returns are theirs, and only the differences between the
# rows below tell of costs. The closes are adjusted, so an old share is a part of a real one.

closes = rt.sample().loc["2014-01-02":"2022-12-28", ["NVDA", "MSFT"]]
decided = rt.Schedule("M").rows(pd.DatetimeIndex(closes.index))
half = pd.DataFrame(0.5, index=closes.index[decided], columns=closes.columns)

# %%
# Whole shares are for 2,000 dollars here, and an order costs 10 basis points and at least 1 dollar.
# Impact is for 100 million: each name is taken to turn over a billion dollars in every session, and
# trading all of that to cost 2 %.

costs = rt.Costs.bps(10)
volume = pd.DataFrame(1e9, index=closes.index, columns=closes.columns)
impact = rt.Costs(buy=0.001, sell=0.001, impact=rt.Impact(volume, coefficient=0.02))
broker = rt.Lots(minimum=1.0)

accounts = {
    "no costs": rt.simulate(closes, half, costs=rt.Costs()),
    "10 bp": rt.simulate(closes, half, costs=costs),
    "10 bp, band of 5 %": rt.simulate(closes, half, costs=costs, band=rt.Band(absolute=0.05)),
    "whole shares, 2,000": rt.simulate(closes, half, costs=costs, lots=broker, capital=2_000),
    "impact, 100 million": rt.simulate(closes, half, costs=impact, capital=100_000_000),
}

# %%
# One window for all. ``cost`` is the share of the final value that trading took after the first
# trade; ``entry``, what that first trade cost, is in no other figure. The band trades less, and so
# what it earned differs by more than it saved: these two drifted apart for years.

table = rt.compare(accounts).table[["annual_return", "annual_turnover", "switches", "cost"]]
table["entry"] = [each.switches["cost"].iloc[0] / each.terms.capital for each in accounts.values()]
print(table.round(4).to_string())
