"""Figures against empyrical-reloaded where both define them alike."""

import empyrical
import numpy as np
import pytest

from rotation import measures


@pytest.fixture(params=range(5))
def returns(request):
    return np.random.default_rng(request.param).standard_t(4, 750) / 100


def test_figures(returns):
    for ours, theirs in [
        (measures.annual_return(returns), empyrical.annual_return(returns)),
        (measures.annual_volatility(returns), empyrical.annual_volatility(returns)),
        (measures.sharpe(returns, rate=1e-4), empyrical.sharpe_ratio(returns, risk_free=1e-4)),
        (measures.sortino(returns, rate=1e-4), empyrical.sortino_ratio(returns, 1e-4)),
        (measures.max_drawdown(returns), empyrical.max_drawdown(returns)),
        (measures.calmar(returns), empyrical.calmar_ratio(returns)),
        (measures.omega(returns), empyrical.omega_ratio(returns)),
        (measures.value_at_risk(returns), empyrical.value_at_risk(returns)),
    ]:
        assert float(ours) == pytest.approx(theirs, rel=1e-10)
