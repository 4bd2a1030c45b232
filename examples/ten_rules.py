"""
Ten rules for one question
==========================

Shovels or applications? Ten ways to decide it, from the literature and from trading desks, on one
history and on one window. Ten were tried, so one of them had to be the best: that is no evidence.
"""

import rotation as rt
from rotation.thesis.shovels import SHOVELS_AND_APPLICATIONS, demonstration_closes

costs = rt.Costs.bps(10)
layers = rt.build_layers(demonstration_closes(), SHOVELS_AND_APPLICATIONS, costs=costs)

# %%
# A strategy is a signal, a rule and a schedule. On two layers the relative signals are the ratio
# rules of the literature: the lead of one score over the other is that of the log ratio.

monthly, weekly = rt.Schedule("M"), rt.Schedule("W")
half_year, switch = rt.Momentum(days=126), rt.Switch(margin=0.02)
signals, rules = rt.signals, rt.rules
looks = [rt.Strategy(rt.Momentum(days=days), rt.Switch(), monthly) for days in (63, 126, 252)]
strategies = {
    "half-year leader": rt.Strategy(half_year, switch, monthly),
    "confirmed twice": rt.Strategy(half_year, rt.Switch(margin=0.02, confirm=2), monthly),
    "a year but a month": rt.Strategy(rt.Momentum(days=231, skip=21), switch, monthly),
    "dual momentum": rt.Strategy(half_year, rules.Refuge(switch, floor=0.0), monthly),
    "above its average": rt.Strategy(signals.MovingAverageGap(days=200), switch, weekly),
    "breakout": rt.Strategy(signals.Donchian(days=100), rt.Switch(), weekly),
    "reversion": rt.Strategy(signals.ZScore(days=63), rt.Switch(margin=2.0), weekly),
    "breadth": rt.Strategy(signals.Breadth(days=200), rt.Switch(margin=0.1), monthly),
    "three look-backs vote": rt.Strategy(half_year, rt.Vote(looks), monthly),
    "six tranches": rt.Strategy(half_year, rt.Switch(), rt.Schedule("M", tranches=6)),
}
results = {
    name: rt.backtest(layers, strategy, costs=costs) for name, strategy in strategies.items()
}

# %%
# Each beside the others and beside what could have been held instead, from the first session on
# which all of them can have traded.

instead = rt.alternatives(results["half-year leader"])
table = rt.compare({**results, **instead}).table
columns = ["annual_return", "annual_volatility", "sharpe", "max_drawdown", "switches", "cost"]
print(table[columns].sort_values("sharpe", ascending=False).round(3).to_string())

# %%
# How many of the ten beat equal parts of both? Nothing here says by how much luck would have.

better = (table.loc[list(results), "sharpe"] > table.loc["50/50", "sharpe"]).sum()
print(f"\n{better} of {len(results)} rules have a higher Sharpe ratio than 50/50.")
print(SHOVELS_AND_APPLICATIONS.note)

# %%
# Each rule says in the ledger why it moved, and what not moving would have earned.

for name in ("dual momentum", "three look-backs vote"):
    last = results[name].switches.iloc[-1]
    print(f"\n{name}, {last['traded']:%Y-%m-%d}: {last['from']} to {last['to']}; {last['reason']};")
    print(f"earned {last['earned']:+.1%}, without the trade {last['instead']:+.1%}")
