import re
import socket
import threading
import warnings

import numpy as np
import pandas as pd
import pytest

import rotation as rt
from data.yahoo_server import Fault, Listing, act, days, eventful, on_now, same, traded
from rotation.data import yahoo_request
from rotation.data.cache import Cache
from rotation.data.yahoo import YahooWarning
from rotation.errors import OutageError, UnknownTickerError
from rotation.provenance import provenance

PRICES = ["open", "high", "low", "close"]
SINGLE = 2e-7  # Yahoo's precision, relative


def test_only_what_is_new_is_asked_for_and_it_is_as_if_all_were(yahoo, fetch, tmp_path):
    rows = eventful(days(250))
    yahoo.listings["AAA"] = Listing(rows.iloc[:245])
    fetch("AAA")
    yahoo.listings["AAA"] = Listing(rows)
    yahoo.asked.clear()
    found = fetch("AAA")
    (query,) = yahoo.charts()
    asked = pd.Timestamp(int(query["period1"]), unit="s")
    assert asked == rows.index[235]
    assert found.notes == ()
    assert same(found, fetch("AAA", cache=tmp_path / "other"))
    assert same(found, fetch("AAA", offline=True))


def test_up_to_an_end_that_the_cache_has_nothing_is_asked(yahoo, fetch):
    index = days(60)
    yahoo.listings["AAA"] = Listing(traded(index))
    fetch("AAA")
    yahoo.asked.clear()
    assert fetch("AAA", index[3], index[-1]).closes.index[-1] == index[-1]
    assert yahoo.asked == []


def changed_split(rows):
    return act(rows, -2, split=2.0), r"a split since \S+, 2 shares for one", True


def changed_reverse(rows):
    return act(rows, -3, split=0.1), r"a split since \S+, 0.1 shares for one", True


def changed_dividend(rows):
    rows = act(rows, -3, dividend=0.7)
    return rows, f"a dividend since, on {rows.index[-3]:%Y-%m-%d}", True


def changed_close(rows):
    rows = rows.copy()
    was = rows["close"].iloc[-9]
    rows.iloc[-9, rows.columns.get_loc("close")] = was + 0.1
    return rows, rf"its close of {rows.index[-9]:%Y-%m-%d} was {was}\d* and is", False


def changed_everything(rows):
    rows = rows.copy()
    rows[PRICES] *= 0.37
    return rows, r"its close of \S+ was \S+ and is", False


def changed_dividend_past(rows):
    # Prices of 2 and 1 row ago are the old ones: the dividend of a row that was held changed.
    rows = act(rows, -8, dividend=0.7)
    return rows, rf"its dividends of {rows.index[-8]:%Y-%m-%d} was 0 and is 0.7", False


def changed_both(rows):
    rows = act(rows, -2, split=2.0)
    rows.iloc[-9, rows.columns.get_loc("close")] *= 1.1
    return rows, r"its close of \S+ was", False


@pytest.mark.parametrize(
    "change",
    [
        changed_split,
        changed_reverse,
        changed_dividend,
        changed_close,
        changed_everything,
        changed_dividend_past,
        changed_both,
    ],
)
def test_a_history_that_changed_is_asked_for_again_and_said(yahoo, fetch, tmp_path, change):
    rows = eventful(days(250))
    yahoo.listings["AAA"] = Listing(rows.iloc[:245])
    fetch("AAA")
    rows, text, explained = change(rows)
    yahoo.listings["AAA"] = Listing(rows)
    yahoo.asked.clear()
    text = f"AAA: {text}.*; all of it was asked for again"
    found = fetch("AAA", warns=None if explained else f"^{text}$")
    assert len(yahoo.charts()) == 2
    assert re.search(text, str(found))
    assert re.search(text, str(provenance(found.closes)))
    assert same(found, fetch("AAA", cache=tmp_path / "other"))
    yahoo.asked.clear()
    assert fetch("AAA").notes == ()
    assert len(yahoo.charts()) == 1


def lacking_old(rows):
    return act(rows, -2, split=2.0).iloc[-80:], "a split since"


def lacking_some(rows):
    rows = act(rows, -2, split=2.0)
    return rows.drop(rows.index[20:23]), "a split since"


def lacking_one(rows):
    return rows.drop(rows.index[-9]), "the session of .* came or went"


def lacking_newest(rows):
    return rows.drop(rows.index[235:245]), "nothing is left of the sessions up to"


def lacking_close(rows):
    rows = rows.copy()
    rows.iloc[-9, rows.columns.get_loc("close")] = np.nan
    return rows, "its close of .* is nan"


@pytest.mark.parametrize(
    "lack", [lacking_old, lacking_some, lacking_one, lacking_newest, lacking_close]
)
def test_a_full_answer_that_lacks_what_is_held_destroys_nothing(yahoo, fetch, tmp_path, lack):
    rows = eventful(days(250))
    yahoo.listings = {"AAA": Listing(rows.iloc[:245]), "BBB": Listing(rows)}
    before = fetch(["AAA", "BBB"])
    path = Cache.open(tmp_path).path("AAA")
    kept = path.read_bytes()
    short, why = lack(rows)
    yahoo.listings["AAA"] = Listing(short)
    held, answer = before.bars.close["AAA"].dropna().index, short["close"].dropna().index
    gone = held.difference(answer)
    text = (
        f"AAA: {why}.*; all of it was asked for again, and of the 245 closes that {path} holds "
        f"Yahoo gives no more {len(gone)}, {gone[0]:%Y-%m-%d} to {gone[-1]:%Y-%m-%d}: half an "
        "answer, .* offline=True gives what is held; move the file away to take what Yahoo has now"
    )
    for _ in range(2):  # not only once
        found = fetch(["AAA", "BBB"], warns=f"^{text}$")
        assert type(found.missing["AAA"]) is OutageError
        assert list(found.closes) == ["BBB"]
        assert path.read_bytes() == kept
    assert same(fetch(["AAA", "BBB"], offline=True), before)
    aside = path.rename(tmp_path / "aside")
    found = fetch("AAA")
    assert found.bars.close["AAA"].dropna().index.equals(answer)
    aside.rename(path)
    yahoo.listings["AAA"] = Listing(rows)  # whole again
    assert same(fetch("AAA"), fetch("AAA", cache=tmp_path / "other"))


def test_a_study_with_an_end_is_repeated_by_a_cache_of_its_own(yahoo, fetch, tmp_path):
    """As the docs say: elsewhere single precision shows once a split since is taken out."""
    rows = traded(days(250))
    yahoo.listings["AAA"] = Listing(rows.iloc[:245])
    end = rows.index[200]
    first, own = fetch("AAA", end=end), fetch("AAA", end=end, cache=tmp_path / "study")
    yahoo.listings["AAA"] = Listing(act(rows, -2, split=3.0))
    fetch("AAA")
    again = fetch("AAA", end=end)
    for name in ("closes", "split_adjusted"):
        pd.testing.assert_frame_equal(
            getattr(first, name), getattr(again, name), check_exact=False, rtol=SINGLE, atol=0
        )
    assert provenance(first.closes).hash != provenance(again.closes).hash
    own_again = fetch("AAA", end=end, cache=tmp_path / "study", offline=True)
    assert same(own, own_again)
    assert provenance(own.closes).hash == provenance(own_again.closes).hash


def test_a_change_before_the_overlap_is_beyond_what_is_seen(yahoo, fetch):
    """Known and documented: whoever wants to be sure deletes the file."""
    rows = traded(days(250))
    yahoo.listings["AAA"] = Listing(rows)
    fetch("AAA")
    other = rows.copy()
    other.iloc[100, other.columns.get_loc("close")] *= 2
    yahoo.listings["AAA"] = Listing(other)
    assert fetch("AAA").bars.close["AAA"].iloc[100] == pytest.approx(rows["close"].iloc[100])


def test_volumes_that_yahoo_completes_are_taken_over_and_said(yahoo, fetch):
    rows = traded(days(60))
    yahoo.listings["AAA"] = Listing(rows)
    fetch("AAA")
    rows = rows.copy()
    rows.iloc[-1, rows.columns.get_loc("volume")] *= 1.01
    yahoo.listings["AAA"] = Listing(rows)
    found = fetch("AAA")
    assert found.notes == ("AAA: Yahoo revised the volume of 1 sessions",)
    np.testing.assert_allclose(found.bars.volume["AAA"], rows["volume"], rtol=1e-6)
    assert fetch("AAA").notes == ()


def test_a_dividend_of_a_session_that_is_on_explains_what_changed(yahoo, fetch):
    rows, options = on_now()
    yahoo.listings["AAA"] = Listing(rows, **options)
    fetch("AAA")
    rows = act(rows, -1, dividend=0.9)
    yahoo.listings["AAA"] = Listing(rows, **options)
    text = f"AAA: a dividend since, on {rows.index[-1]:%Y-%m-%d}; all of it was asked for again"
    assert text in fetch("AAA").notes
    assert not any("asked for again" in note for note in fetch("AAA").notes)


def test_a_split_of_a_session_that_is_on_explains_what_changed(yahoo, fetch):
    rows, options = on_now()
    yahoo.listings["AAA"] = Listing(rows, **options)
    fetch("AAA")
    split = act(rows, -1, split=2.0)
    yahoo.listings["AAA"] = Listing(split, **options)
    text = f"AAA: a split since {rows.index[-2]:%Y-%m-%d}, 2 shares for one; all of it"
    found = fetch("AAA")
    assert any(note.startswith(text) for note in found.notes)
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"].iloc[:-1], rtol=SINGLE)
    assert not any("asked for again" in note for note in fetch("AAA").notes)


def test_a_split_of_a_session_that_was_on_is_known_when_it_is_over(yahoo, fetch):
    rows, options = on_now()
    rows = act(rows, -1, split=2.0)
    yahoo.listings["AAA"] = Listing(rows, **options)
    fetch("AAA")
    over = Listing(rows, zone=options["zone"], opens="00:00", hours=0.01)
    yahoo.listings["AAA"] = over
    found = fetch("AAA")
    assert found.notes == ()
    np.testing.assert_allclose(found.bars.close["AAA"], rows["close"], rtol=SINGLE)


def test_a_fault_between_two_questions_leaves_the_cache_as_it_was(yahoo, fetch):
    rows = eventful(days(250))
    yahoo.listings["AAA"] = Listing(rows.iloc[:245])
    before = fetch("AAA")
    yahoo.listings["AAA"] = Listing(act(rows, -2, split=2.0))
    yahoo.faults["AAA"] = [Fault(), Fault(cut=50)]
    with pytest.raises(OutageError, match="AAA: Yahoo's answer cannot be read"):
        fetch("AAA", retries=0)
    assert same(fetch("AAA", offline=True), before)


def test_offline_never_touches_the_network(yahoo, fetch, monkeypatch):
    yahoo.listings["AAA"] = Listing(traded(days(60)))
    whole = fetch("AAA")
    yahoo.asked.clear()

    def refuse(*_, **__):
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(yahoo_request, "_history", refuse)
    assert same(fetch("AAA", offline=True), whole)
    found = fetch(["AAA", "BBB"], offline=True, warns="^BBB: cache: .* does not hold it; fetch it")
    assert list(found.closes) == ["AAA"]
    with pytest.raises(rt.DataError, match=r"^tickers: nothing came; BBB: cache: .*yahoo does not"):
        fetch("BBB", offline=True)
    assert yahoo.asked == []


def test_two_rounds_at_once_do_not_disturb_each_other(yahoo, fetch):
    import yfinance

    for n in range(12):
        yahoo.listings[f"T{n}"] = Listing(traded(days(30), n))
    found = {}

    def work(which):
        found[which] = fetch([f"T{n}" for n in range(which, 12, 2)] + ["NOPE"])

    threads = [threading.Thread(target=work, args=(which,)) for which in (0, 1)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", YahooWarning)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(found) == [0, 1]
    for each in found.values():
        assert each.closes.shape == (30, 6), str(each)
        assert isinstance(each.missing["NOPE"], UnknownTickerError)
    assert yfinance.config.debug.hide_exceptions is True
