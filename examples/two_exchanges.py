"""
Two exchanges, one date
=======================

New York and Hong Kong write the same date on closes that are twelve or thirteen hours apart. A join
by date lets an account in Hong Kong see tonight's New York this afternoon. What does that pay?
"""

import numpy as np
import pandas as pd

import rotation as rt
from rotation.data.alignment import align
from rotation.data.calendars import closings

# %%
# NVIDIA's closes are real. The follower is made up, with a seed: on each session of Hong Kong it
# does a third of what NVIDIA did since the session before, as far as that was known there, and a
# great deal of its own. So at its close there is nothing left to follow.

nvidia = rt.sample().loc["2010":"2024", ["NVDA"]].rename_axis(None)
days = pd.DatetimeIndex(closings("XHKG", "2010-01-04", "2024-12-31").index)
flat = pd.DataFrame({"FOLLOWER": 1.0}, index=days)
heard = np.log(align({"XNYS": nvidia, "XHKG": flat}, to="XHKG").closes["NVDA"]).diff()
own = np.random.default_rng(8).normal(0, 0.012, len(days))
follower = np.exp((heard.fillna(0) / 3 + own).cumsum()).to_frame("FOLLOWER")

# %%
# The rule: hold the follower until its next close if NVIDIA's last return was above zero, else
# hold nothing. Both tables are read at the close that decides, where the delay of one session, the
# default of everything here, gives no shelter.

joined = nvidia.join(follower, how="inner")
known = align({"XNYS": nvidia, "XHKG": follower}, to="XHKG")


def follow(closes: pd.DataFrame, *, lag: int) -> rt.Result:
    """Account of the rule on a table of both."""
    rose = (closes["NVDA"].diff() > 0).astype(float)
    weights = pd.DataFrame({"NVDA": 0.0, "FOLLOWER": rose}).iloc[1:]
    return rt.simulate(closes, weights, lag=lag, same_close=lag == 0, costs=rt.Costs())


closes = known.closes.dropna()
accounts = {
    "joined by date, at the close that decides": follow(joined, lag=0),
    "as known in Hong Kong, at that close": follow(closes, lag=0),
    "as known in Hong Kong, one session later": follow(closes, lag=1),
}
sharpe = {name: rt.measures.sharpe(each.returns.iloc[1:]) for name, each in accounts.items()}
for name, figure in sharpe.items():
    print(f"{name:<42} Sharpe ratio {float(figure):6.2f}")

# %%
# The first account trades on a close of New York that comes half a day after the trade: all that it
# earns is that half day. The others know what could be known. Their table says how old each close
# is, and which rows have none that is new: those after New York's holidays, where it is carried.

print()
print((known.age["NVDA"] * 24).describe()[["min", "50%", "max"]].round(1).to_string())
print(f"{int((~known.fresh['NVDA']).sum())} of {len(known.fresh):,} rows without a new New York")
